// The comparison with the oracle in a form that is short enough to run for every mutant.
import { handCases } from '../oracle/by-hand.ts';
import { compare, search } from '../oracle/compare.ts';
import { ONE_BY_ONE } from '../oracle/product.ts';

const WORLDS = 200;

test.each(handCases)('by hand: $name', async ({ automations, arrivals }) => {
  const { differences, refused } = await compare({ automations, arrivals }, ONE_BY_ONE);
  expect({ differences, refused }).toEqual({ differences: [], refused: 0 });
});

test('random worlds fire as the oracle says', async () => {
  const found = await search({ worlds: WORLDS, seed: 1, shrinks: false });
  expect(found.counterexample).toBeUndefined();
});
