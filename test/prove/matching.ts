/**
 * `npm run prove:matching -- --worlds N --seed S`: the matcher against the oracle on random worlds, the long form of
 * test/oracle/differential.test.ts. A difference is shrunk and printed, with the command that shows it again.
 */
import { parseArgs } from 'node:util';
import { handCases } from '../oracle/by-hand.ts';
import { compare, type Found, search } from '../oracle/compare.ts';
import { ONE_BY_ONE } from '../oracle/product.ts';

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '200000' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const worlds = Number(values.worlds);
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 31));
const startedAt = performance.now();
const secondsSoFar = () => (performance.now() - startedAt) / 1000;

let shownAt = 0;
function showProgress(found: Found): void {
  if (!process.stdout.isTTY || secondsSoFar() - shownAt < 1) return;
  shownAt = secondsSoFar();
  process.stdout.write(
    `\r${found.worlds} of ${worlds} worlds, ${Math.round(found.worlds / shownAt)} a second `,
  );
}

let differences = 0;
for (const { name, automations, arrivals } of handCases) {
  const compared = await compare({ automations, arrivals }, ONE_BY_ONE);
  if (compared.differences.length === 0 && compared.refused === 0) continue;
  differences++;
  console.log(`by hand: ${name}\n  the product ${compared.differences.join('\n  the product ')}`);
}

const path = values.path === undefined ? {} : { path: values.path };
const found = await search({ worlds, seed, ...path, shrinks: true, onWorld: showProgress });
if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
if (found.counterexample) {
  differences++;
  const { world, batching, differences: words, path: where } = found.counterexample;
  console.log(JSON.stringify({ ...world, batching }, undefined, 1));
  for (const one of words) console.log(`the product ${one}`);
  console.log(`\nagain: npm run prove:matching -- --seed ${seed} --path ${where}`);
}

const seconds = secondsSoFar();
const count = (number: number) => number.toLocaleString('en');
console.log(`seed         ${seed}`);
console.log(`by hand      ${count(handCases.length)} cases`);
console.log(`worlds       ${count(found.worlds)} (and ${count(found.skipped)} left to rounding)`);
console.log(`events       ${count(found.arrivals)}`);
console.log(`firings      ${count(found.firings)}`);
console.log(`refused      ${count(found.refused)}`);
console.log(`differences  ${count(differences)}`);
console.log(`time         ${seconds.toFixed(0)} s, ${Math.round(found.worlds / seconds)} worlds/s`);
process.exitCode = differences === 0 && found.refused === 0 ? 0 : 1;
