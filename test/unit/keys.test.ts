import { orderedId } from '../../core/id.ts';
import { scopeKey } from '../../core/scope.ts';
import {
  endedRunKey,
  type ItemKey,
  nameKey,
  registryKey,
  runKey,
  scopePartition,
  sightingKey,
  watchKey,
} from '../../store/keys.ts';

/** The longest that there are: characters of four bytes. */
const [name, label] = ['🚂'.repeat(128), '🚂'.repeat(256)];
const team = 'x'.repeat(64);
const id = orderedId('aut', { atMs: 0, seed: '0'.repeat(64) });
const scope = scopeKey({ kind: 'collection', team, project: name, collection: name });
const watch = (metric: string) => ({ scopeKey: scope, event: 'run.metrics' as const, metric });

test.each<[string, ItemKey]>([
  ['an automation’s name', nameKey(scopePartition(scope), 'automation', label)],
  ['a watch', watchKey(watch(label), id)],
  ['a sighting', sightingKey(watch(label))],
  ['a run that ended', endedRunKey({ team, project: name, metric: label }, 0, name)],
  ['a run', runKey(team, name, name)],
  ['a registry', registryKey(name)],
])('the key of %s is one that DynamoDB takes, whatever the names', (_what, { pk, sk }) => {
  expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2_048);
  expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1_024);
});

test('names that are too long for a key are told apart', () => {
  const keys = [`${label.slice(2)}a`, `${label.slice(2)}b`].map((metric) => watchKey(watch(metric), id).sk);
  expect(new Set(keys).size).toBe(2);
});
