import { handCases } from './by-hand.ts';
import { expectFirings } from './oracle.ts';

test.each(handCases)('$name', ({ automations, arrivals, looks, firings, late }) => {
  const expected = expectFirings(automations, arrivals, looks);
  const place = ({ automation, occurrence }: { automation: string; occurrence: string }) => ({
    automation,
    occurrence,
  });
  expect(expected.firings.map(place)).toEqual(firings.map(place));
  for (const [index, { value }] of firings.entries()) {
    if (value === undefined) expect(expected.firings[index]?.value).toBeUndefined();
    else expect(expected.firings[index]?.value).toBeCloseTo(value, 9);
  }
  if (late !== undefined) expect(expected.late).toBe(late);
});

test('there are many cases, and no two have the same name', () => {
  expect(handCases.length).toBeGreaterThanOrEqual(50);
  expect(new Set(handCases.map(({ name }) => name)).size).toBe(handCases.length);
});
