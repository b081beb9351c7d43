import type { Registry } from '../../core/registry.ts';
import { NamedCache } from '../../lambdas/ingest/named-cache.ts';

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
  const cache = new NamedCache(load, { keepsMissing: true, now: () => nowMs });
  expect(await cache.read(['models', 'none'])).toEqual([models]);
  nowMs = 29_999;
  expect(await cache.read(['none', 'models'])).toEqual([models]);
  expect(asked).toEqual([['models', 'none']]);
  nowMs = 30_000;
  expect(await cache.read(['models'])).toEqual([models]);
  expect(asked).toHaveLength(2);
});

test('that there is no team is not remembered: who makes it goes on at once', async () => {
  const asked: string[][] = [];
  let nowMs = 0;
  const there = ['vision'];
  const load = async (names: string[]) => {
    asked.push(names);
    return names.filter((name) => there.includes(name)).map((name) => ({ name }));
  };
  const teams = new NamedCache(load, { keepsMissing: false, now: () => nowMs });
  const namesOf = async (names: string[]) => (await teams.read(names)).map(({ name }) => name);
  expect(await namesOf(['vision', 'audio'])).toEqual(['vision']);
  there.push('audio');
  nowMs = 29_999;
  expect(await namesOf(['vision', 'audio'])).toEqual(['vision', 'audio']);
  nowMs = 30_000;
  expect(await namesOf(['vision', 'audio'])).toEqual(['vision', 'audio']);
  expect(asked).toEqual([['vision', 'audio'], ['audio'], ['vision']]);
});
