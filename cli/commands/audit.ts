import { auditNouns } from '../../core/audit.ts';
import { type CommandInput, type CommandSpec, option } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import type { Session } from '../session.ts';
import { parseMoment } from '../terminal/moment.ts';
import { printList } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';
import { parseCount } from './count.ts';

type Change = Listed<'listAudit', 'changes'>;

export const auditCommand: CommandSpec = {
  usage: 'audit',
  summary: 'list every change, newest first: when, by which key, from what to what',
  details: `An org_admin sees the changes of the whole organization, or with --team those of a team; an admin those of
the own team. Values of secrets are not in it.`,
  options: [
    option('--noun <noun>', 'changes of such things only').choices(auditNouns),
    option('--target <id>', 'changes of this thing only, by its id, or its name where that is its id'),
    option('--key <key>', 'changes that this key made'),
    option('--since <time>', 'since a time, or since 2h or 7d ago').argParser(parseMoment),
    option('--until <time>', 'until then').argParser(parseMoment),
    option('-n, --limit <number>', 'at most so many').argParser(parseCount).default(25),
  ],
  ofTeam: true,
  examples: [
    ['what was changed today', 'audit --team vision --since 1d'],
    ['who changed an automation, and what', 'audit --target aut_0123456789abcdef01234567 --json'],
  ],
  run: list,
};

async function list(
  { screen, connection, teamIfNamed: team }: Session,
  { options }: CommandInput,
): Promise<void> {
  const { noun, target, key, since, until, limit } = options;
  const given = { team, noun, target, key, since, until, limit: Math.min(limit, 100) };
  const query = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const changes = await everyItem(connection, 'listAudit', 'changes', { query }, limit);
  printList(screen, changes, columns, `Nothing was changed${team === undefined ? '' : ` in team ${team}`}.`);
}

const columns = [
  { title: 'AT', isWhole: true, of: ({ at }: Change) => shortTime(at) },
  { title: 'BY', isWhole: true, of: ({ key }: Change) => key },
  { title: 'WHAT', isWhole: true, of: ({ noun, action }: Change) => `${noun} ${action}` },
  { title: 'TARGET', isWhole: true, of: ({ target }: Change) => target },
  { title: 'CHANGE', mayGoBelow: true, of: fieldsText },
];

function fieldsText({ action, fields, unlisted = 0 }: Change): string {
  if (action !== 'updated') return '';
  const shown = fields.map(
    ({ field, before, after }) => `${field}: ${valueText(before)} → ${valueText(after)}`,
  );
  return [...shown, ...(unlisted > 0 ? [`and ${unlisted} more`] : [])].join(', ');
}

const valueText = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
