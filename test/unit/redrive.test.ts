import type { QueueMessage, WaitingMessage } from '../../lambdas/shared/queue.ts';
import { redrive } from '../../lambdas/sweeper/redrive.ts';

const waiting = (messageId: string, redrives = 0): WaitingMessage => ({
  messageId,
  receipt: `r-${messageId}`,
  body: `body of ${messageId}`,
  groupId: 'g',
  redrives,
});

async function run(pages: WaitingMessage[][], failAfter = Number.POSITIVE_INFINITY) {
  const done: string[] = [];
  const sent: QueueMessage[] = [];
  const redriving = redrive({
    receive: async () => pages.shift() ?? [],
    send: async ([message]) => {
      if (sent.length >= failAfter) throw new Error('SQS is away');
      sent.push(message!);
      done.push(`send ${message!.body}`);
    },
    remove: async ({ messageId }) => {
      done.push(`remove ${messageId}`);
    },
    now: () => 0,
    stopAtMs: 1,
    log: () => {},
  });
  return { error: await redriving.catch((error: Error) => error.message), done, sent };
}

describe('redriving dead events', () => {
  test('sends each message back before it removes it, in order', async () => {
    const { done, sent } = await run([[waiting('a'), waiting('b', 3)], [waiting('c')]]);
    expect(done).toEqual([
      'send body of a',
      'remove a',
      'send body of b',
      'remove b',
      'send body of c',
      'remove c',
    ]);
    expect(sent.map(({ groupId, redrives }) => [groupId, redrives])).toEqual([
      ['g', 1],
      ['g', 4],
      ['g', 1],
    ]);
  });

  test('uses a deduplication id that the queue has not seen with this message', async () => {
    const { sent } = await run([[waiting('a')]]);
    expect(sent[0]!.dedupId).toBe('redrive-a');
  });

  test('leaves a message where an alarm sees it after a day of trying', async () => {
    const { done } = await run([[waiting('poison', 48)]]);
    expect(done).toEqual([]);
  });

  test('comes past messages that stay', async () => {
    const { sent } = await run([[waiting('poison', 48)], [waiting('good')]]);
    expect(sent.map(({ body }) => body)).toEqual(['body of good']);
  });

  test('removes nothing that it could not send', async () => {
    const { error, done } = await run([[waiting('a'), waiting('b')]], 1);
    expect(error).toBe('SQS is away');
    expect(done).toEqual(['send body of a', 'remove a']);
  });
});
