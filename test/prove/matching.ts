/**
 * `npm run prove:matching -- --worlds N --seed S`: the matcher against the oracle on random worlds, the long form of
 * test/oracle/differential.test.ts. A difference is shrunk and printed, with the command that shows it again. What is
 * stopped before its end says how far it came, and has proved nothing.
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

let soFar: Found = { worlds: 0, skipped: 0, arrivals: 0, firings: 0, refused: 0 };
let differences = 0;
let shownAt = 0;

function noteProgress(found: Found): void {
  soFar = found;
  if (!process.stdout.isTTY || secondsSoFar() - shownAt < 1) return;
  shownAt = secondsSoFar();
  process.stdout.write(
    `\r${found.worlds} of ${worlds} worlds, ${Math.round(found.worlds / shownAt)} a second `,
  );
}

function printFigures(): void {
  const seconds = secondsSoFar();
  const count = (number: number) => number.toLocaleString('en');
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  console.log(`seed         ${seed}`);
  console.log(`by hand      ${count(handCases.length)} cases`);
  console.log(`worlds       ${count(soFar.worlds)} (and ${count(soFar.skipped)} left to rounding)`);
  console.log(`events       ${count(soFar.arrivals)}`);
  console.log(`firings      ${count(soFar.firings)}`);
  console.log(`refused      ${count(soFar.refused)}`);
  console.log(`differences  ${count(differences)}`);
  console.log(`time         ${seconds.toFixed(0)} s, ${Math.round(soFar.worlds / seconds)} worlds/s`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    printFigures();
    console.log(`stopped before ${worlds} worlds were done`);
    process.exit(1);
  });
}

for (const { name, automations, arrivals, looks = [] } of handCases) {
  const compared = await compare({ automations, arrivals, looks }, ONE_BY_ONE);
  if (compared.differences.length === 0 && compared.refused === 0) continue;
  differences++;
  console.log(`by hand: ${name}\n  the product ${compared.differences.join('\n  the product ')}`);
}

const path = values.path === undefined ? {} : { path: values.path };
const found = await search({ worlds, seed, ...path, shrinks: true, onWorld: noteProgress });
soFar = found;
if (found.counterexample) {
  differences++;
  const { world, batching, differences: words, path: where } = found.counterexample;
  console.log(JSON.stringify({ ...world, batching }, undefined, 1));
  for (const one of words) console.log(`the product ${one}`);
  console.log(`\nagain: npm run prove:matching -- --seed ${seed} --path ${where}`);
}
printFigures();
process.exitCode = differences === 0 && found.refused === 0 ? 0 : 1;
