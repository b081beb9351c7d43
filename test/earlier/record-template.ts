/**
 * Records what an upgrade must not lose of an earlier version's stack: its resources by logical id, with their names and
 * what else can't be changed in place.
 *
 *   node bin/node.mjs test/earlier/record-template.ts f336ac4 first-stack
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp } from '../support/local-runtime.ts';
import { readAssembly } from '../support/template.ts';
import { checkOut } from './sources.ts';
import { lasting } from './stack.ts';

const [commit = '', name = ''] = process.argv.slice(2);
const folder = checkOut(commit);
execFileSync(process.execPath, ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet'], { cwd: folder });
const { template } = readAssembly(join(folder, 'cdk.out'));
writeFileSync(
  join(import.meta.dirname, `${name}.json`),
  `${JSON.stringify({ commit, resources: lasting(template.Resources) }, undefined, 1)}\n`,
);
await cleanUp();
