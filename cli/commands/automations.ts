import { stringify } from 'yaml';
import { describeScope } from '../../core/scope-text.ts';
import { type CommandInput, type CommandSpec, option } from '../command.ts';
import { automationDocument } from '../configuration/deployed.ts';
import { withoutDefaults } from '../configuration/exported.ts';
import type { Answer } from '../connection.ts';
import { type Automation, automationsOf, findAutomation, integrationsOf } from '../lookup.ts';
import type { Session } from '../session.ts';
import { confirmed } from '../terminal/ask.ts';
import { fieldLines } from '../terminal/fields.ts';
import { plainLines } from '../terminal/plain-text.ts';
import { printDone, printList, type Screen } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';
import { triggerText } from '../terminal/trigger-text.ts';
import { readAutomation } from './automation-file.ts';
import { automationTestCommand } from './automation-test.ts';
import { yesOption } from './deletion.ts';
import { switchTo } from './switch.ts';
import { watchedCommand } from './watched.ts';

export const automationCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: "list a team's automations",
    ofTeam: true,
    examples: [
      ['all of them', 'automations list --team vision'],
      [
        'the ids of those that are disabled',
        `signalbox automations list --json | jq -r 'select(.enabled | not).id'`,
      ],
    ],
    run: async (session) => {
      const none = `Team ${session.team} has no automations: signalbox automations create --help`;
      printList(session.screen, await automationsOf(session), columns, none);
    },
  },
  {
    usage: 'show <automation>',
    summary: 'show an automation and what it did, by its name or id',
    ofTeam: true,
    examples: [['one of them', 'automations show loss-is-low']],
    run: show,
  },
  {
    usage: 'create',
    summary: 'make an automation from a file',
    details: `The file holds one automation as YAML or JSON, in the form that "apply" reads; its integration may
be named or given by id. It is refused where the scope has an automation of this name.`,
    options: [option('-f, --file <path>', 'a file, or - for standard input').makeOptionMandatory()],
    ofTeam: true,
    examples: [
      ['from a file', 'automations create -f loss-is-low.yaml'],
      [
        'a copy of another',
        'signalbox automations show loss-is-low --json | jq \'.name = "copy"\' | signalbox automations create -f -',
      ],
    ],
    run: create,
  },
  {
    usage: 'enable <automation>',
    summary: 'let an automation fire',
    ofTeam: true,
    examples: [['again', 'automations enable loss-is-low']],
    run: switchTo('automation', true),
  },
  {
    usage: 'disable <automation>',
    summary: 'keep an automation from firing',
    ofTeam: true,
    examples: [['until tomorrow', 'automations disable loss-is-low']],
    run: switchTo('automation', false),
  },
  {
    usage: 'delete <automation>',
    summary: 'delete an automation; its deliveries stay in the history',
    options: [yesOption()],
    ofTeam: true,
    examples: [['no longer needed', 'automations delete loss-is-low']],
    run: async (session, { args: [wanted = ''], options }) => {
      const { screen, connection } = session;
      const { id, name } = await findAutomation(session, wanted);
      if (!(await confirmed(screen, options, `Delete the automation ${name}?`))) return;
      await connection.call('deleteAutomation', { params: { id } });
      printDone(screen, { deleted: id, name }, `deleted  automation ${name}`);
    },
  },
  automationTestCommand,
  watchedCommand,
];

const columns = [
  { title: 'NAME', of: ({ name }: Automation) => name },
  { title: 'FIRES ON', of: ({ trigger }: Automation) => triggerText(trigger) },
  { title: 'IN', of: ({ scope }: Automation) => describeScope(scope) },
  { title: 'ACTION', isWhole: true, of: ({ action }: Automation) => action.type },
  { title: 'STATE', isWhole: true, of: ({ enabled }: Automation) => (enabled ? 'enabled' : 'disabled') },
];

async function show(session: Session, { args: [wanted = ''] }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  const { id, team } = await findAutomation(session, wanted);
  const { body } = await connection.call('readAutomation', { params: { id } });
  if (screen.format === 'json') return screen.print(JSON.stringify(body));
  const integrations = await integrationsOf({ ...session, team, connection });
  const nameOf = (of: string) => integrations.find((one) => one.id === of)?.name;
  const { kind: _kind, ...document } = withoutDefaults(automationDocument(body, nameOf));
  const yaml = plainLines(stringify(document, { lineWidth: screen.width ?? 0 }).trimEnd());
  for (const line of [...activityLines(body, screen), '', ...yaml.split('\n')]) screen.print(line);
}

function activityLines(automation: Answer<'readAutomation'>['body'], screen: Screen): string[] {
  const { id, enabled, revision, updated_at, activity } = automation;
  const { fired, held_back, last_fired_at, last_met_at } = activity;
  const last = last_fired_at === undefined ? '' : `, last ${shortTime(last_fired_at)}`;
  return fieldLines(
    [
      ['id', id],
      ['state', enabled ? 'enabled' : 'disabled'],
      ['revision', `${revision}, saved ${shortTime(updated_at)}`],
      ['fired', `${fired}${last}`],
      ['held back', held_back > 0 ? held_back : undefined],
      ['last met', shortTime(last_met_at)],
    ],
    screen,
  );
}

async function create(session: Session, { options }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  const body = await readAutomation(session, options['file']);
  const { body: made } = await connection.call('createAutomation', { body });
  printDone(screen, made, `created  automation ${made.name} (${made.id})`);
}
