import { type Explored, exhaustAll } from '../simulator/exhaust.ts';
import { loadProduct } from '../simulator/product.ts';
import { count, endProgress, type Proved, type Setting, showProgress } from './part.ts';

const MOST_STEPS = 1_000_000;

/**
 * Every order of calls that makes a difference, and every crash, in worlds that are small enough. What was not gone
 * through whole is not proved.
 */
export async function proveSmallWorlds({ bundle }: Setting): Promise<Proved> {
  const all: Explored[] = [];
  await exhaustAll(await loadProduct(bundle), MOST_STEPS, (one) => {
    all.push(one);
    showProgress(`${all.length} small worlds `);
  });
  endProgress();
  console.log('| smallest world | crashes | states | steps | ends | |\n|---|---|---|---|---|---|');
  for (const { name, crashes, states, steps, ends, isComplete, violations } of all) {
    const says = violations[0] ?? (isComplete ? 'complete' : 'not all of it');
    console.log(`| ${name} | ${crashes} | ${count(states)} | ${count(steps)} | ${count(ends)} | ${says} |`);
  }
  const states = all.reduce((sum, one) => sum + one.states, 0);
  const complete = all.filter(({ isComplete }) => isComplete).length;
  return {
    isProved: all.every(({ isComplete, violations }) => isComplete && violations.length === 0),
    says: `${count(states)} states of ${all.length} worlds, ${complete} of them whole`,
  };
}
