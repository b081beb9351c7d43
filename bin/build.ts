import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** The folders under lambdas/ that are functions: each holds a handler.ts. */
export function functionNames(): string[] {
  return readdirSync(join(root, 'lambdas')).filter((name) =>
    existsSync(join(root, 'lambdas', name, 'handler.ts')),
  );
}

// undici's index brings fetch, WebSocket, caches and mocks; the dispatcher opens connections, and that is all.
const leanUndici: Plugin = {
  name: 'lean-undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'lean-undici' }));
    onLoad({ filter: /./, namespace: 'lean-undici' }, () => ({
      resolveDir: root,
      // As undici's index does: a dispatcher gets its request(), stream() and so on from there.
      contents: `
        import api from 'undici/lib/api/index.js';
        import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
        Object.assign(Dispatcher.prototype, api);
        export { default as Client } from 'undici/lib/dispatcher/client.js';
        export { default as buildConnector } from 'undici/lib/core/connect.js';
        export { default as errors } from 'undici/lib/core/errors.js';`,
    }));
  },
};

// CommonJS, because MiniStack's Node workers refuse ESM with top-level await; the SDK goes inside, because
// Lambda's own copy is larger and emulators replace it by a stub.
const options: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  keepNames: false,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'silent',
  plugins: [leanUndici],
};

/** What stands beside them, such as the command line in one file, stays. */
function foldersIn(out: string): string[] {
  if (!existsSync(out)) return [];
  const entries = readdirSync(out, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(out, name));
}

/** Bundles every function into dist/<name>/index.js; the stack deploys and `npm start` runs these very files. */
export async function buildFunctions(out = join(root, 'dist')): Promise<void> {
  for (const former of foldersIn(out)) rmSync(former, { recursive: true });
  const entries = functionNames().map((name) => [`${name}/index`, join(root, 'lambdas', name, 'handler.ts')]);
  // One call for all: esbuild then parses the SDK once, which halves the time.
  await build({ ...options, entryPoints: Object.fromEntries(entries), outdir: out });
}

/** Bundles the command line into one file, for machines without a checkout; answers its path. */
export async function buildCommandLine(out = join(root, 'dist')): Promise<string> {
  const oldNode = 'Number.parseInt(process.versions.node, 10) < 22';
  const sentence = "'signalbox needs Node 22.19 or newer, and this is ' + process.version";
  const banner = `#!/usr/bin/env node\nif (${oldNode}) { console.error(${sentence}); process.exit(1); }`;
  const outfile = join(out, 'signalbox.cjs');
  await build({
    ...options,
    entryPoints: [join(root, 'cli/main.ts')],
    outfile,
    target: 'node22',
    sourcemap: false,
    banner: { js: banner },
  });
  chmodSync(outfile, 0o755);
  return outfile;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildFunctions();
  await buildCommandLine();
}
