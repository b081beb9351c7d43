import { type Miss, missReasons, type Stretch } from '../../core/dry-run/miss.ts';
import { describeMiss } from '../../core/dry-run/miss-text.ts';
import { explain } from '../../core/filters/explain.ts';
import type { JsonValue } from '../../core/json.ts';
import { aDefinition, onEvent, onStates, onThreshold } from '../support/builders.ts';

const says = (miss: Miss, trigger = onThreshold(), more: Partial<Stretch> = {}) =>
  describeMiss({ event: 0, count: 1, miss, ...more }, aDefinition({ trigger }));
const found: Record<string, JsonValue> = { alias: 'staging' };
const clauses = explain({ alias: 'production' }, (root) => found[root]);

test.each<[string, Miss, ReturnType<typeof onThreshold>, string]>([
  ['which event it waits for', { reason: 'other_event' }, onEvent('artifact.linked'), 'artifact.linked'],
  ['which scope it has', { reason: 'other_scope' }, onThreshold(), 'mnist'],
  ['which metric it looks at', { reason: 'other_metric' }, onThreshold(), 'loss'],
  [
    'which states it waits for',
    { reason: 'other_state' },
    onStates(['FAILED', 'CRASHED']),
    'FAILED, CRASHED',
  ],
  [
    'what the filter found',
    { reason: 'filter', clauses },
    onEvent('artifact.alias_added'),
    'found "staging"',
  ],
  [
    'how full the window is',
    { reason: 'window_not_full', held: 2, needed: 5 },
    onThreshold(),
    '2 of 5 values',
  ],
  [
    'how many runs ended',
    { reason: 'too_few_runs', held: 1, needed: 3 },
    onThreshold(),
    '1 of the 3 other runs',
  ],
  [
    'until when it is held back',
    { reason: 'held_back', untilMs: 0 },
    onThreshold(),
    'until 1970-01-01T00:00:00.000Z',
  ],
])('it says %s', (_, miss, trigger, text) => {
  expect(says(miss, trigger)).toContain(text);
});

const hold = (mode: string) => onThreshold({}, { repeat: { mode } });

test.each([
  ['once_per_run', 'as long as the run lasts'],
  ['after_false', 'until it was judged and not met'],
])('a latch of the mode %s holds %s', (mode, text) => {
  expect(says({ reason: 'held_back' }, hold(mode))).toContain(text);
});

test('a number that is not enough is told, and of several the smallest and the largest', () => {
  const miss: Miss = { reason: 'not_met', value: 0.75 };
  const same = { numbers: { least: 0.75, most: 0.75 } };
  const range = { numbers: { least: 0.75, most: 0.875 } };
  expect(says(miss)).toContain('0.75');
  expect(says(miss, onThreshold(), same)).toBe(says(miss));
  expect(says(miss, onThreshold(), range)).toContain('from 0.75 to 0.875');
  expect(says(miss, onThreshold(), range)).toContain('loss');
});

const plain = missReasons.filter((reason) => !['filter', 'not_met'].includes(reason));

test('no two reasons are told in the same words', () => {
  const texts = plain.map((reason) => says({ reason, held: 1, needed: 2 } as Miss, onStates(['FAILED'])));
  expect(new Set(texts).size).toBe(plain.length);
});
