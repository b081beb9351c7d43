import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { temporaryFolder } from '../local-runtime.ts';
import type { Dispatch } from './github.ts';

/* What a CI does with a file of its own, as far as the recipes go; what it does not know here is an error. */

const Workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ repository_dispatch: z.strictObject({ types: z.array(z.string()).min(1) }) }),
  concurrency: z.string().optional(),
  permissions: z.strictObject({ contents: z.literal('read') }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.literal('ubuntu-latest'),
      env: z.record(z.string(), z.string()).default({}),
      steps: z.array(
        z.union([
          z.strictObject({ uses: z.string().regex(/^actions\/checkout@v\d+$/) }),
          // An expression in a script would run what a value holds.
          z.strictObject({ name: z.string(), run: z.string().regex(/^(?!.*\$\{\{)/s) }),
        ]),
      ),
    }),
  ),
});

const Pipeline = z.record(
  z.string(),
  z.strictObject({ rules: z.array(z.strictObject({ if: z.string() })), script: z.array(z.string()) }),
);

/** Runs a GitHub workflow for a dispatch; answers how its scripts were called, nothing where it does not listen. */
export function runWorkflow(text: string, dispatch: Dispatch): string[][] {
  const { on, jobs } = Workflow.parse(parse(text));
  if (!on.repository_dispatch.types.includes(dispatch.event_type)) return [];
  return Object.values(jobs).flatMap(({ env, steps }) => {
    const values = Object.entries(env).map(([name, value]) => [
      name,
      expanded(value, dispatch.client_payload),
    ]);
    const scripts = steps.flatMap((step) => ('run' in step ? [step.run] : []));
    return runScripts(scripts, Object.fromEntries(values));
  });
}

/** Runs a GitLab pipeline that was triggered; answers how its scripts were called. */
export function runPipeline(text: string, variables: Record<string, string>): string[][] {
  const all = { ...variables, CI_PIPELINE_SOURCE: 'trigger' };
  const jobs = Object.values(Pipeline.parse(parse(text)));
  return jobs
    .filter(({ rules }) => rules.some((rule) => holds(rule.if, all)))
    .flatMap(({ script }) => runScripts(script, all));
}

function expanded(value: string, payload: Dispatch['client_payload']): string {
  return value.replace(/\$\{\{ github\.event\.client_payload\.(\w+) \}\}/g, (_all, name: string) =>
    String(payload[name] ?? ''),
  );
}

/** `$A == "text" && $B` */
function holds(rule: string, variables: Record<string, string>): boolean {
  return rule.split(' && ').every((part) => {
    const [, name = '', text] = /^\$(\w+)(?: == "([^"]*)")?$/.exec(part) ?? [];
    if (name === '') throw new Error(`this GitLab does not know the rule ${part}`);
    return text === undefined ? Boolean(variables[name]) : variables[name] === text;
  });
}

/** Runs scripts in a checkout whose `scripts/` write down their arguments. */
function runScripts(scripts: string[], env: Record<string, string>): string[][] {
  const checkout = temporaryFolder();
  mkdirSync(join(checkout, 'scripts'));
  for (const name of ['test-model', 'deploy-model']) {
    const file = join(checkout, 'scripts', name);
    writeFileSync(file, `#!/bin/bash\nprintf '%s\\t' ${name} "$@" >> calls; echo >> calls\n`);
    chmodSync(file, 0o755);
  }
  for (const script of scripts) {
    execFileSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: checkout,
      env: { PATH: process.env['PATH'], ...env },
    });
  }
  const calls = join(checkout, 'calls');
  const lines = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
  return lines.map((line) => line.trim().split('\t'));
}
