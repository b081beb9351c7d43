import { RunState } from '../../core/event.ts';
import { beginMessage, isEnd, latchKey, newRunMemory, silenceDueAtMs } from '../../core/runs/memory.ts';

describe('a message', () => {
  test('is applied once', () => {
    const memory = newRunMemory();
    expect(['m1', 'm1', 'm2'].map((id) => beginMessage(memory, id))).toEqual([true, false, true]);
  });

  test('alone is nothing to write', () => {
    const memory = newRunMemory();
    beginMessage(memory, 'm1');
    expect(memory.isChanged).toBe(false);
  });

  test('is remembered by a mark that stays the same', () => {
    const memory = newRunMemory();
    beginMessage(memory, 'm1');
    // The first 64 bits of its SHA-256: an upgrade must not forget what was applied.
    expect(memory.applied).toEqual(['ca0df2c95aa144c1']);
  });

  test('is remembered among the last 32', () => {
    const memory = newRunMemory();
    for (let n = 0; n < 40; n++) beginMessage(memory, `m${n}`);
    expect(memory.applied).toHaveLength(32);
    expect(beginMessage(memory, 'm8')).toBe(false);
    expect(beginMessage(memory, 'm7')).toBe(true);
  });
});

test.each(RunState.options)('%s is an end, or not', (state) => {
  expect(isEnd(state)).toBe(!['RUNNING', 'PENDING'].includes(state));
});

test('latches of metrics are one for an automation, those of states one for each state', () => {
  expect([latchKey('a'), latchKey('b')]).toEqual(['a', 'b']);
  expect(new Set([latchKey('a'), latchKey('a', 'FAILED'), latchKey('a', 'CRASHED')]).size).toBe(3);
});

describe('the time at which silence makes a run CRASHED', () => {
  const pulse = { intervalMs: 1_000, lastAtMs: 5_000, run: { id: 'r' } };
  const dueOf = (change: object) => silenceDueAtMs({ ...newRunMemory(), ...change });

  test('is three intervals after it was last heard of', () => {
    expect(dueOf({ pulse })).toBe(8_000);
    expect(dueOf({ pulse, state: { state: 'RUNNING' } })).toBe(8_000);
    expect(dueOf({ pulse, state: { state: 'PENDING' } })).toBe(8_000);
  });

  test('is never, for a run without a heartbeat, at an end, or CRASHED by silence already', () => {
    expect(dueOf({})).toBeUndefined();
    expect(dueOf({ pulse, state: { state: 'FINISHED' } })).toBeUndefined();
    expect(dueOf({ pulse, state: { state: 'CRASHED', before: 'RUNNING' } })).toBeUndefined();
    expect(dueOf({ pulse, state: { state: 'CRASHED', before: null } })).toBeUndefined();
  });
});
