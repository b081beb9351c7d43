// The one door to Node: `node bin/node.mjs script.ts …` runs the script on Node 24 (what Lambda has).
// Plain JavaScript in old syntax, because it must be able to say its sentence on any Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST = [22, 19];
const [script, ...rest] = process.argv.slice(2);

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The Node 24 that npm installed for this platform, if there is one and it starts here. */
function broughtNode() {
  const name = `../node_modules/node-${process.platform}-${process.arch}/bin/node`;
  const path = fileURLToPath(new URL(name, import.meta.url));
  if (!existsSync(path)) return undefined;
  const probe = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return probe.status === 0 && isNewEnough(probe.stdout.trim()) ? path : undefined;
}

async function runHere() {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') console.error(`${warning.name}: ${warning.message}`);
  });
  process.argv.splice(1, 2, resolve(script));
  await import(pathToFileURL(resolve(script)).href);
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), script, ...rest], { stdio: 'inherit' });
  // A terminal sends ctrl-C to the child as well; the door only waits for its answer.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

if (!script) {
  console.error('usage: node bin/node.mjs <script> [arguments]');
  process.exit(2);
}
if (isNewEnough(process.version)) {
  await runHere();
} else {
  const node = broughtNode();
  if (node) runWith(node);
  else {
    console.error(
      `Signalbox needs Node ${OLDEST.join('.')} or newer and this is ${process.version}: install Node 24 (nodejs.org), or run "npm ci" on linux-x64, where it brings its own.`,
    );
    process.exit(1);
  }
}
