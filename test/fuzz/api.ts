/**
 * `npm run fuzz:api`: Schemathesis against the API of a runtime of its own, in the long form. `-- <rounds> <seed>`
 * gives the number of rounds and the first one's seed; each round is some thousand requests.
 */
import { cleanUp, startLocalRuntime } from '../support/local-runtime.ts';
import { fuzz, schemathesisPython } from './schemathesis.ts';

const [rounds = 3, firstSeed = 1] = process.argv.slice(2).map(Number);
if (!schemathesisPython()) throw new Error('this needs python3 with venv and pip, to bring Schemathesis');

let [requests, failures] = [0, 0];
try {
  const runtime = await startLocalRuntime();
  for (let round = 0; round < rounds; round++) {
    const options = { phases: ['coverage', 'fuzzing'], examples: 50, seed: firstSeed + round };
    const fuzzed = await fuzz(runtime, options);
    requests += fuzzed.requests;
    failures += fuzzed.failures;
    if (fuzzed.failures > 0) console.log(fuzzed.report);
    console.log(`seed ${options.seed}: ${fuzzed.requests} requests, ${fuzzed.failures} failures`);
  }
  const errors = runtime.log.filter(({ stage }) => stage === 'error');
  for (const error of errors) console.log(JSON.stringify(error));
  failures += errors.length;
} finally {
  await cleanUp();
}
console.log(`${requests} requests, ${failures} failures`);
process.exitCode = failures === 0 && requests > 0 ? 0 : 1;
