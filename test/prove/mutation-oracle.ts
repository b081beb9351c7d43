// The comparison with the oracle in a form that is short enough to run for every mutant.
import { handCases } from '../oracle/by-hand.ts';
import { compare, search } from '../oracle/compare.ts';
import { ONE_BY_ONE } from '../oracle/product.ts';

const WORLDS = 10;
const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);

test.each(handCases)('by hand: $name', async ({ automations, arrivals, looks = [] }) => {
  const { differences, refused } = await compare({ automations, arrivals, looks }, ONE_BY_ONE);
  expect({ differences, refused }).toEqual({ differences: [], refused: 0 });
});

test.each(SEEDS)('random worlds fire as the oracle says, from seed %i', async (seed) => {
  const found = await search({ worlds: WORLDS, seed, shrinks: false });
  expect(found.counterexample).toBeUndefined();
});
