import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandInput, type CommandSpec, option } from '../command.ts';
import type { Answer, Connection } from '../connection.ts';
import { findAutomation } from '../lookup.ts';
import type { Session } from '../session.ts';
import { parseMoment } from '../terminal/moment.ts';
import { startProgress } from '../terminal/progress.ts';
import { printDone, printOne } from '../terminal/screen.ts';
import { badUsage, Trouble } from '../trouble.ts';

type Resend = Answer<'readResend'>['body'];

export const resendCommand: CommandSpec = {
  usage: 'resend [delivery]',
  summary: 'send a delivery again, or those of an automation in a time range',
  details: `It is the same delivery under the same webhook-id, with a new round of attempts. Those of a time range
are a job on the server, which goes on also when this command is stopped.`,
  options: [
    option('-a, --automation <automation>', 'the failed ones of this automation'),
    option('--since <time>', 'fired since a time, or since 2h or 7d ago').argParser(parseMoment),
    option('--until <time>', 'fired until then').argParser(parseMoment),
    option('-s, --status <status...>', 'of these statuses instead of failed').choices([
      'failed',
      'skipped',
      'delivered',
    ]),
    option('--no-wait', 'do not wait until all are sent'),
  ],
  ofTeam: true,
  examples: [
    ['one', 'deliveries resend dlv_0123456789abcdef01234567'],
    ['what failed in the last two hours', 'deliveries resend --automation deploy --since 2h'],
  ],
  run: async (session, input) => {
    const { args, options } = input;
    const isRange = options['automation'] !== undefined;
    if (isRange === args.length > 0) throw badUsage('name one delivery, or an automation with --automation');
    if (isRange && options['since'] === undefined) throw badUsage('say since when: --since 2h');
    await (isRange ? resendRange(session, input) : resendOne(session, args[0] ?? ''));
  },
};

async function resendOne({ connection, screen }: Session, id: string): Promise<void> {
  const { body } = await connection.call('resendDelivery', { params: { id } });
  printDone(screen, body, `sending again  ${body.id}; see signalbox deliveries show ${body.id}`);
}

async function resendRange(session: Session, { options }: CommandInput): Promise<void> {
  const { connection, screen } = session;
  const { id } = await findAutomation(session, options['automation']);
  const { since: from, until: to, status: statuses } = options;
  const body = { from, ...(to !== undefined && { to }), ...(statuses !== undefined && { statuses }) };
  const { body: made } = await connection.call('createResend', { params: { id }, body });
  const resend = options['wait'] ? await untilDone(connection, made.id) : made;
  printOne(screen, resend, () => [resendText(resend)]);
  if (resend.stopped)
    throw new Trouble('it stopped: the automation is disabled', { hint: 'enable it, and resend again' });
}

const POLL_MS = 1_000;

async function untilDone(connection: Connection, id: string): Promise<Resend> {
  const progress = startProgress();
  try {
    for (;;) {
      const { body } = await connection.call('readResend', { params: { id } });
      if (body.done) return body;
      progress.show(resendText(body));
      await sleep(POLL_MS);
    }
  } finally {
    progress.clear();
  }
}

function resendText({ phase, matched, resent, passed_over: passedOver, left, done }: Resend): string {
  if (phase === 'counting') return `counting: ${matched} so far`;
  const aside =
    passedOver > 0 ? `, ${passedOver} passed over because their integration is disabled or deleted` : '';
  return `${resent} of ${matched} sent again${aside}${done ? '' : `, ${left} left`}`;
}
