import { newRunMemory } from '../../core/runs/memory.ts';
import { outboxRoom } from '../../core/runs/outbox-room.ts';
import { worstRun } from '../support/worst-run.ts';

const { pulse: _, ...full } = worstRun((n) => ({ metric: `m${n}`, reach: 1_000, latches: 1 }));
const pulse = (name: string) => ({ intervalMs: 60_000, lastAtMs: 1, run: { id: 'r', name } });

test('the outbox of a run that remembers little has a bound of its own', () => {
  expect(outboxRoom(newRunMemory())).toBe(200_000);
  expect(outboxRoom({ ...newRunMemory(), pulse: pulse('x'.repeat(10_000)) })).toBe(200_000);
});

test('the outbox of a run that remembers much leaves room for the run’s description, in bytes', () => {
  const room = outboxRoom(full);
  expect(room).toBeGreaterThan(40_000);
  expect(room).toBeLessThan(100_000);
  const short = outboxRoom({ ...full, pulse: pulse('') });
  // What it takes besides: the names of its fields, and two numbers.
  expect(room - short).toBeGreaterThan(50);
  expect(room - short).toBeLessThan(100);
  expect(short - outboxRoom({ ...full, pulse: pulse('損'.repeat(1_000)) })).toBe(3_000);
});

test('every value, series and latch takes its part', () => {
  const [metric] = full.series.keys();
  const without = new Map([...full.series].filter(([name]) => name !== metric));
  const room = outboxRoom(full);
  expect(outboxRoom({ ...full, series: without }) - room).toBeGreaterThan(1_000 * 16);
  const latches = new Map([...full.latches].slice(1));
  expect(outboxRoom({ ...full, latches }) - room).toBeGreaterThan(40);
});
