import type { Registry } from '../../core/registry.ts';
import { RegistryCache } from '../../lambdas/ingest/registry-cache.ts';

const models: Registry = {
  name: 'models',
  description: '',
  roles: { vision: 'sender' },
  version: 1,
  createdAtMs: 0,
};

test('registries are read once in half a minute, those that are not there as well', async () => {
  const asked: string[][] = [];
  let nowMs = 0;
  const load = async (names: string[]) => {
    asked.push(names);
    return names.includes('models') ? [models] : [];
  };
  const cache = new RegistryCache(load, () => nowMs);
  expect(await cache.read(['models', 'none'])).toEqual([models]);
  nowMs = 29_999;
  expect(await cache.read(['none', 'models'])).toEqual([models]);
  expect(asked).toEqual([['models', 'none']]);
  nowMs = 30_000;
  expect(await cache.read(['models'])).toEqual([models]);
  expect(asked).toHaveLength(2);
});
