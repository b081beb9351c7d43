import { type CommandInput, type CommandSpec, option } from '../command.ts';
import { carryOut, integrationKey, type Outcome } from '../configuration/carry-out.ts';
import { checkSources } from '../configuration/check-documents.ts';
import { type DeployedTeam, readTeam } from '../configuration/deployed.ts';
import { type Plan, planOf, problemsOf, type Step } from '../configuration/plan.ts';
import { openStepText, planLines, stepText } from '../configuration/plan-text.ts';
import { refuseProblems } from '../configuration/problem-text.ts';
import { readSources } from '../configuration/sources.ts';
import { failureOf } from '../failure.ts';
import type { Session } from '../session.ts';
import { confirmed } from '../terminal/ask.ts';
import type { Screen } from '../terminal/screen.ts';
import { Trouble } from '../trouble.ts';

export const applyCommand: CommandSpec = {
  usage: 'apply',
  summary: 'make a deployment as files say',
  details: `Reads automations, integrations and the names of secrets from YAML or JSON files. Checks
everything, prints what it will change, and changes it; on a terminal it asks first.
A second time it has nothing to do. What no file names stays, unless --prune deletes it.
"signalbox export" writes such files, "signalbox schema" their JSON Schema.`,
  options: [
    option('-f, --file <path...>', 'files, folders, or - for standard input').makeOptionMandatory(),
    option('--dry-run', 'print what would be changed, and change nothing'),
    option('--prune', 'delete what the teams in the files have and no file names'),
    option('-y, --yes', 'do not ask'),
  ],
  ofTeam: true,
  output: 'text',
  examples: [
    ['what would change', 'apply -f signalbox/ --dry-run'],
    ['in a CI job, where nobody is asked', 'apply -f signalbox/ --prune'],
    ['one automation from standard input', 'signalbox apply -f - < loss-is-low.yaml'],
  ],
  run: apply,
};

async function apply(session: Session, { options }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  const { documents, problems } = checkSources(await readSources(options['file']), {
    team: session.teamIfNamed,
    isOnlyTeam: options['team'] !== undefined,
  });
  refuseProblems(problems, screen);
  if (documents.length === 0)
    throw new Trouble('the files hold no documents', { hint: 'see signalbox schema' });
  const names = new Set(documents.map(({ wanted }) => wanted.team));
  const teams = await Promise.all([...names].sort().map((team) => readTeam(connection, team)));
  refuseProblems(problemsOf(documents, teams), screen);
  const plan = planOf(
    documents.map(({ wanted }) => wanted),
    teams,
    { prune: options['prune'] === true },
  );
  printPlan(plan, screen);
  if (plan.steps.length === 0 || options['dryRun']) return;
  if (!(await confirmed(screen, options, 'Do this?'))) return;
  report(await execute(plan.steps, teams, session), screen);
}

function execute(steps: Step[], teams: DeployedTeam[], { connection, screen }: Session): Promise<Outcome> {
  const known = teams.flatMap(({ team, integrations }) =>
    integrations.map(({ id, document }) => [integrationKey(team, document.name), id] as const),
  );
  return carryOut(steps, {
    connection,
    integrationIds: new Map(known),
    onDone: (step) => screen.print(screen.format === 'json' ? stepJson(step, 'done') : stepText(step)),
  });
}

function printPlan(plan: Plan, screen: Screen): void {
  if (screen.format === 'text') {
    for (const line of planLines(plan, screen)) screen.print(line);
    return;
  }
  for (const step of plan.steps) screen.print(stepJson(step, 'planned'));
}

function stepJson(step: Step, status: 'planned' | 'done' | 'failed' | 'left'): string {
  const { kind, team, name } = step.document;
  const scope = step.document.kind === 'automation' ? { scope: step.document.scope } : {};
  const changes = step.act === 'change' ? { differences: step.differences } : {};
  return JSON.stringify({ status, act: step.act, kind, team, name, ...scope, ...changes });
}

/** What was done is said already; of what went wrong, this says where it stopped. */
function report({ done, failed, left }: Outcome, screen: Screen): void {
  if (!failed) {
    if (screen.format === 'text') screen.print(`Done: ${done.length} of ${done.length}.`);
    return;
  }
  const { step, error } = failed;
  if (screen.format === 'json') {
    screen.print(stepJson(step, 'failed'));
    for (const later of left) screen.print(stepJson(later, 'left'));
  }
  for (const line of failureOf(error).lines) screen.note(line);
  if (screen.format === 'text') {
    screen.note(`failed:  ${openStepText(step)}`);
    for (const later of left) screen.note(`left:    ${openStepText(later)}`);
  }
  const total = done.length + 1 + left.length;
  const hint = 'apply again once that is mended: what is done is not done twice';
  throw new Trouble(`${done.length} of ${total} done`, { hint });
}
