// Looks for a difference to the oracle in the tree that it stands in; planted.ts starts it where a bug was planted.
import { parseArgs } from 'node:util';
import { handCases } from '../oracle/by-hand.ts';
import { compare, search } from '../oracle/compare.ts';
import { ONE_BY_ONE } from '../oracle/product.ts';

/** What was found first, by hand and at random. */
export interface Hunted {
  handCase?: string;
  /** The number of the random world, from 1. */
  world?: number;
  difference?: string;
}

const { values } = parseArgs({ options: { worlds: { type: 'string' }, seed: { type: 'string' } } });

async function firstHandCase(): Promise<Hunted> {
  for (const { name, automations, arrivals, looks = [] } of handCases) {
    const { differences } = await compare({ automations, arrivals, looks }, ONE_BY_ONE);
    const [difference] = differences;
    if (difference !== undefined) return { handCase: name, difference };
  }
  return {};
}

async function firstWorld(): Promise<Hunted> {
  const found = await search({ worlds: Number(values.worlds), seed: Number(values.seed), shrinks: false });
  const difference = found.counterexample?.differences[0];
  return difference === undefined ? {} : { world: found.worlds, difference };
}

const byHand = await firstHandCase();
const atRandom = await firstWorld();
console.log(JSON.stringify({ ...atRandom, ...byHand }));
