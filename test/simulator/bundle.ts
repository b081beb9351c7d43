import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** One edit of the product's text, made while it is bundled. */
export interface Edit {
  file: string;
  /** Occurs exactly once in the file. */
  from: string;
  to: string;
}

const here = import.meta.dirname;
const root = resolve(here, '../..');
const standIn = (name: string) => `${here}/stand-ins/${name}`;

const replacedModules: Record<string, string> = {
  'node:timers/promises': standIn('timers.ts'),
  'node:crypto': standIn('crypto.ts'),
  '@aws-sdk/client-dynamodb': standIn('dynamodb.ts'),
  '@aws-sdk/lib-dynamodb': standIn('dynamodb.ts'),
  '@aws-sdk/client-sqs': standIn('sqs.ts'),
  '@aws-sdk/client-secrets-manager': standIn('secrets-manager.ts'),
};

const FUNCTIONS = ['ingest', 'admin', 'matcher', 'dispatcher', 'sweeper'];

/** Exports a cold start of each function, and the topology that they are deployed with. */
function entryText(folder: string): string {
  const starts = FUNCTIONS.map(
    (name) => `export { cold as ${name} } from '${folder}/lambdas/${name}/handler.ts';`,
  );
  const others = [
    `export * as topology from '${folder}/local/topology.ts';`,
    `export { ConditionalCheckFailedException } from '${standIn('dynamodb.ts')}';`,
    `export { ResourceNotFoundException } from '${standIn('secrets-manager.ts')}';`,
  ];
  return [...starts, ...others].join('\n');
}

/**
 * Bundles the product in a folder, with stand-ins for all that is not repeatable, into one module at `outfile`. A
 * handler's module becomes a function `cold`, so that it can start as often as Lambda would start it.
 */
export async function bundleProduct(outfile: string, edits: Edit[] = [], folder = root): Promise<void> {
  mkdirSync(resolve(outfile, '..'), { recursive: true });
  const made = new Set<Edit>();
  await build({
    stdin: { contents: entryText(folder), resolveDir: folder, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
    legalComments: 'none',
    mainFields: ['module', 'main'],
    nodePaths: [join(root, 'node_modules')],
    inject: [standIn('globals.ts')],
    define: {
      Date: 'SimulatedDate',
      'Math.random': 'simulatedRandom',
      'process.stdout.write': 'simulatedLog',
      performance: 'simulatedPerformance',
    },
    plugins: [standingIn(folder), editing(folder, edits, made)],
  });
  const missed = edits.find((edit) => !made.has(edit));
  if (missed) throw new Error(`${missed.file} is no part of the functions`);
}

function standingIn(folder: string): Plugin {
  const ambient = { path: pathToFileURL(join(here, 'ambient.ts')).href, external: true };
  const sender = join(folder, 'lambdas/dispatcher');
  const find = (path: string, importer: string): string | undefined =>
    path === './send.ts' && importer.startsWith(sender) ? standIn('send.ts') : replacedModules[path];
  return {
    name: 'stand-ins',
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, importer }) => {
        const isStandIn = importer.startsWith(standIn(''));
        if (isStandIn) return path.endsWith('/ambient.ts') ? ambient : undefined;
        const replaced = find(path, importer);
        return replaced === undefined ? undefined : { path: replaced };
      });
    },
  };
}

function editing(folder: string, edits: Edit[], made: Set<Edit>): Plugin {
  return {
    name: 'edits',
    setup({ onLoad }) {
      onLoad({ filter: /\/(core|store|lambdas|local)\/.*\.ts$/ }, ({ path }) => {
        const file = path.slice(folder.length + 1);
        let text = readFileSync(path, 'utf8');
        for (const edit of edits.filter((one) => one.file === file)) {
          text = edited(text, edit);
          made.add(edit);
        }
        const contents = /^lambdas\/\w+\/handler\.ts$/.test(file) ? startable(text, file) : text;
        return { contents, loader: 'ts' };
      });
    },
  };
}

function edited(text: string, { file, from, to }: Edit): string {
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`${file} holds the text to edit ${count} times`);
  return text.replace(from, () => to);
}

/** A handler's module as a function: its imports stay outside, everything else begins anew with each call. */
function startable(text: string, file: string): string {
  const imports = text.match(/^import [^;]*;$/gm) ?? [];
  const body = imports.reduce((rest, one) => rest.replace(one, ''), text);
  const inner = body.replace(/^export (?=const handler|async function handler)/m, '');
  if (inner === body || /^(import|export) /m.test(inner)) throw new Error(`${file} is not as expected`);
  return `${imports.join('\n')}\nexport function cold() {\n${inner}\nreturn handler;\n}\n`;
}
