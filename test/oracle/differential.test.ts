import { handCases } from './by-hand.ts';
import { compare, search } from './compare.ts';
import { ONE_BY_ONE } from './product.ts';

/** The same ones each time; `npm run prove:matching` is the long form, of others each time. */
const WORLDS = 5_000;

test.each(handCases)('by hand: $name', async ({ automations, arrivals, looks = [] }) => {
  const { differences, refused } = await compare({ automations, arrivals, looks }, ONE_BY_ONE);
  expect({ differences, refused }).toEqual({ differences: [], refused: 0 });
});

test('random worlds fire as the oracle says, however they are cut into batches', async () => {
  const found = await search({ worlds: WORLDS, seed: 1, shrinks: true });
  expect(found.counterexample).toBeUndefined();
  // What the doors refuse is not compared.
  expect(found.refused).toBe(0);
}, 600_000);
