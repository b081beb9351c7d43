import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Runs a benchmark as one bundle, as what is deployed runs. Node's reader of TypeScript is WebAssembly, whose memory
 * moves when it grows; from then on V8 looks before every access whether an array's memory went away. Lambda reads no
 * TypeScript. Peers run as they were installed.
 */
const [name = '', ...rest] = process.argv.slice(2);
const outfile = resolve(`dist/bench/${name}.mjs`);
await build({
  entryPoints: [resolve(`bench/${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'error',
});
const bench = spawn(process.execPath, ['--enable-source-maps', outfile, ...rest], { stdio: 'inherit' });
bench.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
