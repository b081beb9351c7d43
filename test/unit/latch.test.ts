import { ANY_TRIGGER, isDecided, type Latch, mayFire } from '../../core/runs/latch.ts';
import type { Repeat } from '../../core/trigger.ts';

const DAY_MS = 86_400_000;
const latch = (change: Partial<Latch> = {}): Latch => ({
  triggerHash: 'h',
  atMs: 1_000,
  wasFalse: false,
  ...change,
});

describe('a latch', () => {
  test.each<[Repeat, number, boolean, boolean]>([
    [{ mode: 'once_a_day' }, DAY_MS - 1, true, false],
    [{ mode: 'once_a_day' }, DAY_MS, false, true],
    [{ mode: 'once_per_run' }, 1_000 * DAY_MS, true, false],
    [{ mode: 'every_time' }, 0, false, true],
    [{ mode: 'after_false' }, 1_000 * DAY_MS, false, false],
    [{ mode: 'after_false' }, 0, true, true],
    [{ mode: 'interval', seconds: 1.5 }, 1_499, true, false],
    [{ mode: 'interval', seconds: 1.5 }, 1_500, false, true],
    // An event that was received earlier than the one that fired: nothing is over yet.
    [{ mode: 'interval', seconds: 1.5 }, -5_000, true, false],
    [{ mode: 'once_a_day' }, -5_000, true, false],
  ])('%j after %d ms (was false since: %p) lets it fire: %p', (repeat, afterMs, wasFalse, may) => {
    expect(mayFire(latch({ wasFalse }), 'h', repeat, 1_000 + afterMs)).toBe(may);
  });

  const modes: Repeat[] = [
    { mode: 'once_a_day' },
    { mode: 'once_per_run' },
    { mode: 'every_time' },
    { mode: 'after_false' },
    { mode: 'interval', seconds: 9 },
  ];
  test.each(modes)('that is not there holds nothing back: $mode', (repeat) => {
    expect(mayFire(undefined, 'h', repeat, 1_000)).toBe(true);
  });

  test.each(modes)('of an earlier trigger holds nothing back: $mode', (repeat) => {
    expect(mayFire(latch({ triggerHash: 'old' }), 'h', repeat, 1_000)).toBe(true);
  });
});

describe('what a latch last fired for, or held back', () => {
  const fired = latch({ occurrence: { attempt: 1, step: 7 } });
  const held = { ...fired, heldBack: { attempt: 1, from: 3, to: 5 } };

  test.each<[string, Latch | undefined, { attempt: number; step: number } | undefined, boolean]>([
    ['the same', fired, { attempt: 1, step: 7 }, true],
    [
      'the same, by a latch of any trigger',
      { ...fired, triggerHash: ANY_TRIGGER },
      { attempt: 1, step: 7 },
      true,
    ],
    ['another step', fired, { attempt: 1, step: 8 }, false],
    ['another attempt', fired, { attempt: 0, step: 7 }, false],
    ['a state', fired, undefined, false],
    ['nothing before', undefined, { attempt: 1, step: 7 }, false],
    ['nothing known, as in an earlier version', latch(), { attempt: 1, step: 7 }, false],
    ['another trigger', { ...fired, triggerHash: 'old' }, { attempt: 1, step: 7 }, false],
    ['the first that was held back', held, { attempt: 1, step: 3 }, true],
    ['the last that was held back', held, { attempt: 1, step: 5 }, true],
    ['before those that were held back', held, { attempt: 1, step: 2 }, false],
    ['behind those that were held back', held, { attempt: 1, step: 6 }, false],
    ['held back in another attempt', held, { attempt: 2, step: 4 }, false],
    ['held back by another trigger', { ...held, triggerHash: 'old' }, { attempt: 1, step: 4 }, false],
  ])('is told: %s', (_, known, occurrence, expected) => {
    expect(isDecided(known, 'h', occurrence)).toBe(expected);
  });
});
