import { handCases } from './by-hand.ts';
import type { HandCase } from './hand-writing.ts';
import { expectFirings } from './oracle.ts';
import { LITERAL, type Readings } from './readings.ts';

const READINGS = Object.keys(LITERAL) as (keyof Readings)[];

function outcomeUnderTheOther(reading: keyof Readings, { automations, arrivals }: HandCase) {
  const other = { ...LITERAL, [reading]: reading === 'notFiniteReach' ? 0 : !LITERAL[reading] };
  const { firings, late } = expectFirings(automations, arrivals, other);
  return { firings, late };
}

test.each(handCases)('$name', ({ automations, arrivals, firings, late }) => {
  const expected = expectFirings(automations, arrivals);
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

test('a case says so when it hangs on one reading of the rules', () => {
  for (const each of handCases) {
    const { firings, late } = expectFirings(each.automations, each.arrivals);
    const hangsOn = READINGS.filter(
      (reading) => JSON.stringify(outcomeUnderTheOther(reading, each)) !== JSON.stringify({ firings, late }),
    );
    expect({ name: each.name, hangsOn }).toEqual({
      name: each.name,
      hangsOn: each.reading === undefined ? [] : [each.reading],
    });
  }
});

test('every open reading has a case that tells the two apart', () => {
  expect(new Set(handCases.flatMap(({ reading }) => reading ?? []))).toEqual(new Set(READINGS));
});
