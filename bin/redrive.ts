import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { receiveMessages, removeMessage, sendMessages } from '../lambdas/shared/queue.ts';
import { DeployedStack, physicalIdOf } from './deployed-stack.ts';
import { checkedStage, operate, Refusal } from './operate.ts';

const help = `npm run redrive -- [options]    puts the messages of the dead-letter queues back on their queues

  --stage <name>               whose queues (dev)
  --queue <events|deliveries>  only these; both, if not said
  --dry-run                    only counts them
  --help                       prints this

It works in the account and region of your AWS environment.`;

/** Where each queue's construct stands, and whether it is FIFO. */
const queues = {
  events: { path: 'IngestionEvents', isFifo: true },
  deliveries: { path: 'DeliveryDeliveries', isFifo: false },
};
type QueueName = keyof typeof queues;
const isQueueName = (name: string): name is QueueName => Object.hasOwn(queues, name);

/** A receive may come back empty although something is there: SQS asks only some of its servers. */
const EMPTY_RECEIVES = 5;

/** Each message is sent before it is removed: it may be there twice for a moment, and never not at all. */
async function putBack(from: string, to: string, isFifo: boolean): Promise<number> {
  let moved = 0;
  for (let empty = 0; empty < EMPTY_RECEIVES; ) {
    const messages = await receiveMessages(from);
    empty = messages.length === 0 ? empty + 1 : 0;
    for (const message of messages) {
      const { body, groupId, messageId } = message;
      // SQS would drop an id that it saw in the last five minutes, and with it the message.
      const dedupId = `redrive-${messageId}-${Date.now()}`;
      await sendMessages(to, [{ body, groupId, ...(isFifo && { dedupId }) }]);
      await removeMessage(from, message);
      moved += 1;
    }
  }
  return moved;
}

async function count(QueueUrl: string): Promise<string> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes } = await new SQSClient({}).send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
  );
  return Attributes?.ApproximateNumberOfMessages ?? '?';
}

function namesOf(queue: string | undefined): QueueName[] {
  if (queue === undefined) return Object.keys(queues).filter(isQueueName);
  if (isQueueName(queue)) return [queue];
  throw new Refusal(`--queue must be events or deliveries, not ${JSON.stringify(queue)}.`, 2);
}

const options = {
  stage: { type: 'string', default: 'dev' },
  queue: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

await operate(help, options, async (given) => {
  const names = namesOf(given.queue);
  const stack = new DeployedStack(checkedStage(given.stage));
  const resources = await stack.resources();
  if (resources.length === 0)
    throw new Refusal(`There is no stack ${stack.name} in this account and region.`);
  for (const name of names) {
    const { path, isFifo } = queues[name];
    const [from, to] = ['DeadLetters', 'Queue'].map((id) => physicalIdOf(resources, path + id) ?? '');
    const waiting = await count(from ?? '');
    const done = given['dry-run'] ? 'left there' : `${await putBack(from ?? '', to ?? '', isFifo)} put back`;
    console.log(`${name.padEnd(10)}  about ${waiting} in the dead-letter queue, ${done}`);
  }
  return true;
});
