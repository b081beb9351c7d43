import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from './local-runtime.ts';

const folder = join(import.meta.dirname, '../../docs/recipes');

export interface RecipeBlock {
  /** What stands behind the fence, such as `sh` or `json answer`. */
  kind: string;
  text: string;
}

/** Every code block of a recipe, in order. */
export function blocksOf(recipe: string): RecipeBlock[] {
  const page = readFileSync(join(folder, `${recipe}.md`), 'utf8');
  const blocks = [...page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }));
  if (page.match(/^```/gm)?.length !== 2 * blocks.length) throw new Error(`${recipe}.md has an open block`);
  return blocks;
}

/** What the terminal of someone who follows the recipes knows. */
export interface Terminal {
  environment: Record<string, string>;
  /** Hosts of the recipe, and who stands in for them here. */
  hosts: Record<string, string>;
  /** What is typed when a secret is asked for, by the secret's name. */
  secrets: Record<string, string>;
}

/** A shell that keeps its variables from block to block; answers what a block printed. */
export type Shell = (text: string) => Promise<string>;

/** Opens a shell for the recipes, with the functions that their README defines. */
export function openShell({ environment, hosts, secrets }: Terminal): Shell {
  const [functions] = blocksOf('README');
  const cwd = temporaryFolder();
  const kept = join(cwd, 'variables');
  writeFileSync(kept, '');
  return async (block) => {
    const typed = [...block.matchAll(/^secret \S+ (\w+)$/gm)].map(([, name = '']) => secrets[name] ?? '');
    const script = `set -euo pipefail; set -a; . ${kept}\n${functions?.text}\n${replaced(block, hosts)}\n
      export -p | grep -vE '^declare -x (PWD|OLDPWD|SHLVL)' > ${kept}`;
    const child = spawn('bash', ['-c', script], { cwd, env: { PATH: process.env['PATH'], ...environment } });
    child.stdin.end(typed.map((line) => `${line}\n`).join(''));
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    if (code !== 0) throw new Error(`${block}\nended with ${code}: ${complaints}${out}`);
    return out;
  };
}

function replaced(block: string, hosts: Record<string, string>): string {
  return Object.entries(hosts).reduce((result, [host, here]) => result.replaceAll(host, here), block);
}

/** What is done with a block, by its kind; `output` is what the last block of the shell printed. */
export type Handlers = Record<string, (text: string, output: string) => unknown>;

/** Follows a recipe from its first block to its last; a block that nobody knows how to follow is an error. */
export async function follow(recipe: string, shell: Shell, handlers: Handlers): Promise<void> {
  let output = '';
  for (const { kind, text } of blocksOf(recipe)) {
    const handler = handlers[kind];
    if (kind === 'sh') output = await shell(text);
    // A matcher that has seen the scope asks for changes every two seconds.
    if (kind === 'sh' && text.includes('send POST automations')) await sleep(2_100);
    if (kind === 'sh') continue;
    if (!handler) throw new Error(`${recipe}.md has a block "${kind}" that no test follows`);
    await handler(text, output);
  }
}
