import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { buildFunctions } from '../../bin/build.ts';
import { signalboxApp } from '../../lib/signalbox-app.ts';

// Does what `cdk synth` does, in a folder of its own: node bin/node.mjs test/support/synth.ts <folder> <contexts> [planted] [emulated]
const [folder = '', contexts = '[{}]', ...flags] = process.argv.slice(2);
const root = join(import.meta.dirname, '../..');
const functions = join(folder, 'functions');
const { context: ofProject } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));

await buildFunctions(functions);
for (const [at, context] of JSON.parse(contexts).entries()) {
  const app = signalboxApp(functions, {
    isEmulated: flags.includes('emulated'),
    outdir: join(folder, `assembly-${at}`),
    autoSynth: false,
    // The command line asks for these paths as well; the tests call resources by them.
    context: { ...ofProject, 'aws:cdk:enable-path-metadata': true, ...context },
  });
  if (flags.includes('planted')) {
    // A queue without dead letters and without TLS, to see that a finding stops the synth.
    const stack = app.node.children.find((child) => Stack.isStack(child));
    if (stack) new Queue(stack, 'Planted');
  }
  app.synth();
}
