import fc from 'fast-check';
import { expectFirings } from './oracle.ts';
import { aWorld } from './streams.ts';

const WORLDS = 500;

test('random worlds fire often enough to be worth a comparison, and few are left to rounding', () => {
  const sample = fc.sample(aWorld(), { numRuns: WORLDS, seed: 4711 });
  const began = performance.now();
  const outcomes = sample.map(({ automations, arrivals, looks }) =>
    expectFirings(automations, arrivals, looks),
  );
  const seconds = (performance.now() - began) / 1000;
  const share = (count: number) => count / WORLDS;
  const firing = share(outcomes.filter(({ firings }) => firings.length > 0).length);
  const metrics = share(
    outcomes.filter(({ firings }) => firings.some((each) => each.occurrence.startsWith('metric:'))).length,
  );
  const borderline = share(outcomes.filter((each) => each.borderline.length > 0).length);
  const late = share(outcomes.filter((each) => each.late > 0).length);
  const firings = share(outcomes.reduce((sum, each) => sum + each.firings.length, 0));
  const perSecond = Math.round(WORLDS / seconds);
  if (process.env['ORACLE_REPORT']) console.log({ firing, metrics, borderline, late, firings, perSecond });
  expect(firing).toBeGreaterThan(0.7);
  expect(metrics).toBeGreaterThan(0.5);
  expect(borderline).toBeLessThan(0.1);
});

test('events keep their order, and only a re-post has the id of another', () => {
  for (const { arrivals } of fc.sample(aWorld(), { numRuns: 100, seed: 4711 })) {
    for (const [index, { receivedAtMs }] of arrivals.entries()) {
      expect(receivedAtMs).toBeGreaterThanOrEqual(arrivals[index - 1]?.receivedAtMs ?? 0);
    }
    const events = new Map(arrivals.map(({ event }) => [event.id, event]));
    for (const { event } of arrivals) expect(events.get(event.id)).toBe(event);
  }
});
