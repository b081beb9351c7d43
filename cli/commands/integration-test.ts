import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandInput, type CommandSpec, option } from '../command.ts';
import type { Answer, Connection } from '../connection.ts';
import { findIntegration } from '../lookup.ts';
import type { Session } from '../session.ts';
import { attemptLines } from '../terminal/attempt-text.ts';
import { startProgress } from '../terminal/progress.ts';
import { printOne } from '../terminal/screen.ts';
import { badUsage, Trouble } from '../trouble.ts';

type Delivery = Answer<'readDelivery'>['body'];

export const testCommand: CommandSpec = {
  usage: 'test <integration>',
  summary: 'send something through an integration, and say what came back',
  details: 'Waits for the attempt. The exit code is 0 only if it was delivered.',
  options: [
    option('--payload <json>', 'webhook: the payload, which may name template variables'),
    option('--title <text>', 'Slack: the title'),
    option('--message <text>', 'Slack: the message'),
  ],
  ofTeam: true,
  examples: [
    ['whether it works', 'integrations test receiver'],
    ['with a payload', `integrations test receiver --payload '{"text": "\${event_type}"}'`],
  ],
  run: test,
};

async function test(session: Session, { args: [wanted = ''], options }: CommandInput): Promise<void> {
  const { connection, screen } = session;
  const { id, name } = await findIntegration(session, wanted);
  const { title, message, payload } = options;
  const body = {
    ...(title !== undefined && { title }),
    ...(message !== undefined && { message }),
    ...(payload !== undefined && { payload: parsed(payload) }),
  };
  const { body: queued } = await connection.call('testIntegration', { params: { id }, body });
  const delivery = await ended(connection, queued.delivery);
  printOne(screen, delivery, ({ attempts }) => attempts.flatMap((attempt) => attemptLines(attempt, screen)));
  if (delivery.status === 'delivered') return;
  throw new Trouble(`the test of ${name} was not delivered: ${reasonOf(delivery)}`);
}

function reasonOf({ reason, attempts }: Delivery): string {
  const { answered, slack_error: slackError } = attempts.at(-1) ?? {};
  if (slackError !== undefined) return `Slack says ${slackError}`;
  if (answered === 'no') return 'nothing answered there';
  return answered === undefined ? (reason ?? 'it was not sent') : `it was answered with ${answered}`;
}

function parsed(text: string): never {
  try {
    return JSON.parse(text) as never;
  } catch (error) {
    const hint = `put it in single quotes: --payload '{"text": "hello"}'`;
    throw badUsage('--payload is not JSON', hint, error);
  }
}

const POLL_MS = 300;
/** An attempt takes 15 s at most; the rest is for it to begin. */
const PATIENCE_MS = 45_000;

/** A test call is one attempt. It is noted a moment before the delivery ends, and only that says how it went. */
async function ended(connection: Connection, id: string): Promise<Delivery> {
  const progress = startProgress();
  const startedAtMs = Date.now();
  try {
    for (;;) {
      const { body } = await connection.call('readDelivery', { params: { id } });
      if (body.status !== 'pending') return body;
      const waitedMs = Date.now() - startedAtMs;
      if (waitedMs > PATIENCE_MS) {
        throw new Trouble('the test has not ended yet', {
          hint: `look later: signalbox deliveries show ${id}`,
        });
      }
      progress.show(`waiting for the answer (${Math.round(waitedMs / 1000)} s)`);
      await sleep(POLL_MS);
    }
  } finally {
    progress.clear();
  }
}
