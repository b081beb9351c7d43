import { type CommandInput, type CommandSpec, option } from '../command.ts';
import type { Answer, Listed } from '../connection.ts';
import { findAutomation } from '../lookup.ts';
import { everyItem } from '../paging.ts';
import type { Session } from '../session.ts';
import { attemptLines, painted } from '../terminal/attempt-text.ts';
import { fieldLines } from '../terminal/fields.ts';
import { printList, printOne, type Screen } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';
import { badUsage } from '../trouble.ts';

type Delivery = Listed<'listDeliveries', 'deliveries'>;
type FullDelivery = Answer<'readDelivery'>['body'];

export const deliveryCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: 'list what was fired and how it was delivered, newest first',
    options: [
      option('-a, --automation <automation>', 'of this automation only, by its name or id'),
      option('-n, --limit <number>', 'at most so many').default('25'),
    ],
    ofTeam: true,
    examples: [
      ['the newest', 'deliveries list --team vision'],
      ['of one automation', 'deliveries list --automation loss-is-low --limit 100'],
      [
        'what failed, by reason',
        `signalbox deliveries list -n 1000 --json | jq -r 'select(.status == "failed").reason' | sort | uniq -c`,
      ],
    ],
    run: list,
  },
  {
    usage: 'show <delivery>',
    summary: 'show a delivery with its attempts; secrets are masked',
    examples: [['what was sent and what came back', 'deliveries show dlv_0123456789abcdef01234567']],
    run: async ({ screen, connection }, { args: [id = ''] }) => {
      const { body } = await connection.call('readDelivery', { params: { id } });
      printOne(screen, body, (delivery) => deliveryLines(delivery, screen));
    },
  },
];

async function list(session: Session, { options }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  const limit = Number(options['limit']);
  if (!Number.isInteger(limit) || limit < 1)
    throw badUsage(`--limit must be a whole number above 0, not ${options['limit']}`);
  const { automation } = options;
  const query = {
    ...(automation === undefined
      ? { team: session.team }
      : { automation: (await findAutomation(session, automation)).id }),
    limit: Math.min(limit, 100),
  };
  const deliveries = await everyItem(connection, 'listDeliveries', 'deliveries', { query }, limit);
  printList(screen, deliveries, columns, 'Nothing was fired.');
}

const columns = [
  { title: 'FIRED', isWhole: true, of: ({ created_at }: Delivery) => shortTime(created_at) },
  { title: 'STATUS', isWhole: true, of: ({ status }: Delivery) => status },
  { title: 'AUTOMATION', of: ({ facts }: Delivery) => text(facts['automation_name']) },
  { title: 'ABOUT', of: ({ facts }: Delivery) => aboutText(facts) },
  { title: 'ID', isWhole: true, of: ({ id }: Delivery) => id },
];

const text = (value: unknown) => (value === undefined ? '' : String(value));

/** What happened, from the facts of a firing. */
function aboutText(facts: Delivery['facts']): string {
  const fact = (name: string) => text(facts[name]);
  if (fact('metric_current_status')) return `${fact('run_name')}: ${fact('metric_current_status')}`;
  if (fact('run_status')) return `${fact('run_name')} is ${fact('run_status')}`;
  const about = fact('artifact_version_string') || fact('artifact_collection_name');
  return [about || fact('event_type'), fact('alias') || fact('tag')].filter(Boolean).join(' ');
}

function deliveryLines(delivery: FullDelivery, screen: Screen): string[] {
  const { id, automation, integration, revision, team, status, reason, created_at, due_at, facts, attempts } =
    delivery;
  const fields = fieldLines(
    [
      ['id', id],
      ['team', team],
      ['automation', `${text(facts['automation_name'])} (${automation}, revision ${revision})`],
      ['integration', integration],
      ['about', aboutText(facts)],
      ['fired', shortTime(created_at)],
      ['reason', reason],
      ['next try', shortTime(due_at)],
    ],
    screen,
  );
  const shown = attempts.flatMap((attempt) => ['', ...attemptLines(attempt, screen)]);
  return [painted(status, screen), ...fields, ...shown];
}
