import { type CommandInput, type CommandSpec, option } from '../command.ts';
import { findAutomation, findIntegration } from '../lookup.ts';
import { everyItem } from '../paging.ts';
import type { Session } from '../session.ts';
import { deliveryColumns, deliveryLines } from '../terminal/delivery-text.ts';
import { parseMoment } from '../terminal/moment.ts';
import { startProgress } from '../terminal/progress.ts';
import { printList, printOne } from '../terminal/screen.ts';
import { parseCount } from './count.ts';
import { resendCommand } from './resend.ts';

export const deliveryCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: 'list what was fired and how it was delivered, newest first',
    options: [
      option('-a, --automation <automation>', 'of this automation only'),
      option('-i, --integration <integration>', 'through this integration only'),
      option('-s, --status <status>', 'of this status only').choices([
        'pending',
        'delivered',
        'failed',
        'skipped',
      ]),
      option('--run <run>', 'about this run only, by its id'),
      option('--collection <collection>', 'about this collection only'),
      option('--since <time>', 'fired since a time, or since 2h or 7d ago').argParser(parseMoment),
      option('--until <time>', 'fired until then').argParser(parseMoment),
      option('-n, --limit <number>', 'at most so many').argParser(parseCount).default(25),
    ],
    ofTeam: true,
    examples: [
      ['the newest', 'deliveries list --team vision'],
      ['what failed since yesterday', 'deliveries list --status failed --since 1d'],
      ['of one automation', 'deliveries list --automation loss-is-low --limit 100'],
      ['reasons, counted', 'signalbox deliveries list -n 1000 --json | jq -r .reason | sort | uniq -c'],
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
  resendCommand,
];

async function list(session: Session, { options }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  const { automation, integration, status, run, collection, since: from, until: to, limit } = options;
  const of =
    automation === undefined
      ? { team: session.team }
      : { automation: (await findAutomation(session, automation)).id };
  const through = integration === undefined ? undefined : (await findIntegration(session, integration)).id;
  const given = { integration: through, status, run, collection, from, to, limit: Math.min(limit, 100) };
  const progress = startProgress();
  // Filters look at a part of the history at a time: what is rare takes a while.
  progress.show('looking');
  const query = {
    ...of,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  const deliveries = await everyItem(connection, 'listDeliveries', 'deliveries', { query }, limit);
  progress.clear();
  printList(screen, deliveries, deliveryColumns(screen), 'Nothing was fired.');
}
