import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { awsVariables } from '../local/aws-environment.ts';
import { builtFunctions } from '../local/bundles.ts';
import { type FunctionName, functionNames, functions } from '../local/topology.ts';
import { median } from './figure.ts';

// What a cold start costs: each bundle loaded by a fresh process, in turns with a handler that does nothing.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);

const nowhere = 'http://127.0.0.1:9';
const parts = {
  tableName: 'table',
  adminKeySecretId: 'secret',
  queueUrls: { events: nowhere, deliveries: nowhere },
  eventsDeadLettersUrl: nowhere,
  deliveriesDeadLettersUrl: nowhere,
  allowedAddresses: '',
};
const aws = awsVariables({ dynamodb: nowhere, sqs: nowhere, secretsManager: nowhere });

const load = `
  const begun = performance.now();
  if (typeof require(process.argv[1]).handler !== 'function') process.exit(1);
  process.stdout.write(String(performance.now() - begun), () => process.exit(0));`;

interface Subject {
  name: string;
  file: string;
  environment: Record<string, string>;
  wholeMs: number[];
  loadMs: number[];
}

function start(subject: Subject): void {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--eval', load, subject.file], {
    encoding: 'utf8',
    env: { ...aws, ...subject.environment },
  });
  if (status !== 0) throw new Error(`${subject.name} does not load: ${stderr}`);
  subject.wholeMs.push(performance.now() - begun);
  subject.loadMs.push(Number(stdout));
}

const subject = (name: string, file: string, environment: Record<string, string> = {}): Subject => ({
  name,
  file,
  environment,
  wholeMs: [],
  loadMs: [],
});

function print(subjects: Subject[], hello: Subject): void {
  console.log(`${rounds} fresh processes of each, in turns, Node ${process.versions.node}; medians\n`);
  console.log('function      zipped KB   loading ms   process ms   to hello-world');
  for (const { name, file, wholeMs, loadMs } of subjects) {
    const zippedKb = deflateRawSync(readFileSync(file), { level: 9 }).length / 1000;
    const cells = [
      zippedKb.toFixed(0).padStart(9),
      median(loadMs).toFixed(1).padStart(10),
      median(wholeMs).toFixed(0).padStart(10),
      `× ${(median(wholeMs) / median(hello.wholeMs)).toFixed(2)}`.padStart(14),
    ];
    console.log(name.padEnd(14) + cells.join('   '));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'signalbox-cold-'));
try {
  const bundles = await builtFunctions();
  const helloFile = join(folder, 'index.cjs');
  writeFileSync(helloFile, 'exports.handler = async () => "hello";\n');
  const hello = subject('hello-world', helloFile);
  const ours = functionNames.map((name: FunctionName) =>
    subject(name, join(bundles, name, 'index.js'), functions[name].environment(parts)),
  );
  for (let round = 0; round < rounds; round++) for (const each of [hello, ...ours]) start(each);
  print([hello, ...ours], hello);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
