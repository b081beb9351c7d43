import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { LocalQueue } from '../../local/topology.ts';
import { describeNeeding } from '../support/needs.ts';
import { cloudWire, localWire, type QueueWire } from '../support/queue-wires.ts';

// What Signalbox relies on in SQS and in what feeds its functions: the same on the wires of `npm start` and on an emulator.

const VISIBILITY_SECONDS = 2;

function queue(name: string, isFifo: boolean): LocalQueue {
  const [suffix, kind] = isFifo ? ['.fifo', { FifoQueue: 'true' }] : ['', {}];
  return {
    name: name + suffix,
    attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS), ...kind },
    deadLetters: { name: `${name}-dlq${suffix}`, attributes: kind },
    maxReceiveCount: 2,
  };
}
const queues = ['asked', 'fed', 'failing', 'partly'].flatMap((name) => [
  queue(name, false),
  queue(name, true),
]);

describe('on the local wires', () => holdsItsPromises(localWire));
describeNeeding('cloud')('on an emulator of AWS', () => holdsItsPromises(cloudWire));

function holdsItsPromises(start: (queues: LocalQueue[]) => Promise<QueueWire>): void {
  let wire: QueueWire;
  beforeAll(async () => {
    wire = await start(queues);
  }, 60_000);
  afterAll(() => wire?.stop());

  let sent = 0;
  const send = (
    name: string,
    MessageBody: string,
    group?: string,
    more: { dedupId?: string; delay?: number } = {},
  ) =>
    wire.client.send(
      new SendMessageCommand({
        QueueUrl: wire.url(name),
        MessageBody,
        ...(group !== undefined && { MessageGroupId: group }),
        ...(name.endsWith('.fifo') && { MessageDeduplicationId: more.dedupId ?? `id-${++sent}` }),
        ...(more.delay !== undefined && { DelaySeconds: more.delay }),
      }),
    );
  const receive = async (name: string) => {
    const QueueUrl = wire.url(name);
    const { Messages = [] } = await wire.client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 0 }),
    );
    return Messages[0];
  };
  const remove = (name: string, ReceiptHandle: string | undefined) =>
    wire.client.send(new DeleteMessageCommand({ QueueUrl: wire.url(name), ReceiptHandle }));
  /** What a queue gives until it has given nothing for a while, each removed. */
  const drain = async (name: string) => {
    const bodies: string[] = [];
    for (let round = 0; round < 5; round++, await sleep(50)) {
      for (let message = await receive(name); message; message = await receive(name)) {
        bodies.push(message.Body ?? '');
        await remove(name, message.ReceiptHandle);
      }
    }
    return bodies;
  };
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (await isSo()) return;
      await sleep(50);
    }
    throw new Error('it never came to that');
  };

  test('a group is in order, and locked while one of its messages is out; other groups go on', async () => {
    for (const body of ['a1', 'a2']) await send('asked.fifo', body, 'a');
    await send('asked.fifo', 'b1', 'b');
    const first = await receive('asked.fifo');
    const second = await receive('asked.fifo');
    expect([first?.Body, second?.Body, await receive('asked.fifo')]).toEqual(['a1', 'b1', undefined]);
    await remove('asked.fifo', first?.ReceiptHandle);
    await remove('asked.fifo', second?.ReceiptHandle);
    expect(await drain('asked.fifo')).toEqual(['a2']);
  });

  test('the same deduplication id is the same message, also once it was removed', async () => {
    await send('asked.fifo', 'once', 'c', { dedupId: 'same' });
    await send('asked.fifo', 'once', 'c', { dedupId: 'same' });
    expect(await drain('asked.fifo')).toEqual(['once']);
    await send('asked.fifo', 'once', 'c', { dedupId: 'same' });
    expect(await drain('asked.fifo')).toEqual([]);
  });

  test('a message that was taken and not removed comes back when its visibility ends', async () => {
    await send('asked', 'back');
    expect((await receive('asked'))?.Body).toBe('back');
    expect(await receive('asked')).toBeUndefined();
    let again: Awaited<ReturnType<typeof receive>>;
    await until(async () => {
      again = await receive('asked');
      return again !== undefined;
    });
    expect(again?.Body).toBe('back');
    await remove('asked', again?.ReceiptHandle);
  });

  test('a delayed message is not there before its time', async () => {
    await send('asked', 'later', undefined, { delay: 2 });
    expect(await receive('asked')).toBeUndefined();
    let bodies: string[] = [];
    await until(async () => {
      bodies = await drain('asked');
      return bodies.length > 0;
    });
    expect(bodies).toEqual(['later']);
  });

  test('the function gets each message once, a group’s in order', async () => {
    const taken: SQSRecord[] = [];
    await wire.feed('fed.fifo', (records) => {
      taken.push(...records);
      return [];
    });
    const numbers = Array.from({ length: 12 }, (_, at) => at);
    for (const at of numbers) await send('fed.fifo', String(at), at % 2 === 0 ? 'even' : 'odd');
    await until(() => taken.length >= numbers.length);
    await sleep(VISIBILITY_SECONDS * 1_500);
    const bodies = taken.map(({ body }) => Number(body));
    expect(bodies.filter((at) => at % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(bodies.filter((at) => at % 2 === 1)).toEqual([1, 3, 5, 7, 9, 11]);
    expect(await receive('fed.fifo')).toBeUndefined();
  }, 40_000);

  test('of a batch only what failed comes back', async () => {
    const taken: string[] = [];
    await wire.feed('partly', (records) => {
      const failed = records.filter(({ body }) => body === 'two' && !taken.includes('two'));
      taken.push(...records.map(({ body }) => body));
      return failed.map(({ messageId }) => messageId);
    });
    for (const body of ['one', 'two', 'three']) await send('partly', body);
    await until(() => taken.length >= 4);
    await sleep(VISIBILITY_SECONDS * 1_500);
    expect(taken.toSorted()).toEqual(['one', 'three', 'two', 'two']);
  }, 40_000);

  test.each(['failing', 'failing.fifo'])(
    'what fails twice in %s stands among the dead letters',
    async (name) => {
      const taken: string[] = [];
      await wire.feed(name, (records) => {
        taken.push(...records.map(({ body }) => body));
        return records.filter(({ body }) => body === 'bad').map(({ messageId }) => messageId);
      });
      const group = name.endsWith('.fifo') ? 'g' : undefined;
      for (const body of ['bad', 'good']) await send(name, body, group && `${group}-${body}`);
      const deadLetters = name.replace('failing', 'failing-dlq');
      let dead: string[] = [];
      await until(async () => {
        dead = await drain(deadLetters);
        return dead.length > 0;
      });
      expect(dead).toEqual(['bad']);
      expect(taken.toSorted()).toEqual(['bad', 'bad', 'good']);
    },
    40_000,
  );
}
