import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { queues } from '../../local/topology.ts';
import type { Cloud } from '../support/ministack.ts';
import { clientOptions, type Deployment } from './deployment.ts';

/** A consumer and the sweeper fail, and the consumer's queue gives up on it after two receives. */
export interface Outage {
  /** Resolves when so many messages stand in the dead-letter queue. */
  deadLetters(count: number): Promise<void>;
  healConsumer(): Promise<void>;
  healSweeper(): Promise<void>;
}

/** Each consumer with its queue, by the beginning of their logical ids. */
const consumers = {
  matcher: { function: 'MatchingMatcherFunction', queue: 'IngestionEvents' },
  dispatcher: { function: 'DeliveryDispatcherFunction', queue: 'DeliveryDeliveries' },
};

const WAIT_MS = 30_000;

const sweeper = 'SweepingSweeperFunction';

/** A consumer as it is deployed, with the clients that reach it. */
function consumerIn(cloud: Cloud, deployment: Deployment, name: keyof typeof consumers) {
  const { function: functionId, queue } = consumers[name];
  return {
    lambda: new LambdaClient(clientOptions(cloud)),
    sqs: new SQSClient(clientOptions(cloud)),
    FunctionName: deployment.physicalId(functionId),
    QueueUrl: deployment.physicalId(`${queue}Queue`),
    deadLettersUrl: deployment.physicalId(`${queue}DeadLetters`),
  };
}

/** Takes the table away from a consumer and from the sweeper, which stands for any outage behind them. */
export async function breakDown(
  cloud: Cloud,
  deployment: Deployment,
  name: keyof typeof consumers,
): Promise<Outage> {
  const {
    lambda,
    sqs,
    FunctionName: ofConsumer,
    QueueUrl,
    deadLettersUrl,
  } = consumerIn(cloud, deployment, name);
  const ofSweeper = deployment.physicalId(sweeper);
  const { Attributes: before = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'] }),
  );
  const setTable = async (FunctionName: string, TABLE_NAME: string) => {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, TABLE_NAME };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
  };
  // In AWS ten receives would take half an hour.
  const RedrivePolicy = JSON.stringify({ ...JSON.parse(before.RedrivePolicy ?? '{}'), maxReceiveCount: 2 });
  await sqs.send(
    new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '1', RedrivePolicy } }),
  );
  await setTable(ofConsumer, 'gone');
  await setTable(ofSweeper, 'gone');
  return {
    deadLetters: (count) => untilThere(sqs, deadLettersUrl, count),
    healConsumer: async () => {
      await setTable(ofConsumer, deployment.tableName);
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: before }));
    },
    healSweeper: () => setTable(ofSweeper, deployment.tableName),
  };
}

async function untilThere(client: SQSClient, QueueUrl: string, count: number): Promise<void> {
  for (let waited = 0; waited < WAIT_MS; waited += 200) {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    if (Number(Attributes?.ApproximateNumberOfMessages) === count) return;
    await sleep(200);
  }
  throw new Error(`there were never ${count} messages in ${QueueUrl}`);
}

/** A queue whose function is not fed. */
export interface HeldQueue {
  /** Resolves when a message has waited for so long; looking at it leaves it there. */
  untilOldest(ageMs: number): Promise<void>;
  release(): Promise<void>;
}

/** Stops feeding a consumer from its queue. */
export async function hold(
  cloud: Cloud,
  deployment: Deployment,
  name: keyof typeof consumers,
): Promise<HeldQueue> {
  const { lambda, sqs, FunctionName, QueueUrl } = consumerIn(cloud, deployment, name);
  const { EventSourceMappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName }),
  );
  const feed = async (Enabled: boolean) => {
    for (const { UUID } of EventSourceMappings)
      await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
  };
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    VisibilityTimeout: 0,
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  await feed(false);
  return {
    untilOldest: async (ageMs) => {
      // Each look counts as a receive, and after ten the message is a dead letter.
      for (let look = 0; look < 5; look++, await sleep(1_000)) {
        const { Messages: [oldest] = [] } = await sqs.send(receive);
        if (Date.now() - Number(oldest?.Attributes?.SentTimestamp) >= ageMs) return;
      }
      throw new Error(`nothing in ${QueueUrl} grew ${ageMs} ms old`);
    },
    release: () => feed(true),
  };
}

/**
 * Has messages of a function that was ended come back after seconds. Emulators end a function under its batch when new
 * code comes; AWS lets it finish.
 */
export async function shorten(cloud: Cloud, deployment: Deployment): Promise<{ restore(): Promise<void> }> {
  const client = new SQSClient(clientOptions(cloud));
  const urls = Object.values(consumers).map(({ queue }) => deployment.physicalId(`${queue}Queue`));
  const setVisibility = async (seconds: number[]) => {
    for (const [at, QueueUrl] of urls.entries()) {
      const Attributes = { VisibilityTimeout: String(seconds[at]) };
      await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    }
  };
  await setVisibility([5, 5]);
  return {
    restore: () =>
      setVisibility(Object.values(queues).map(({ attributes }) => Number(attributes.VisibilityTimeout))),
  };
}

/** Sweeps now; the schedule does it each minute. */
export async function sweepNow(cloud: Cloud, deployment: Deployment): Promise<void> {
  const client = new LambdaClient(clientOptions(cloud));
  const FunctionName = deployment.physicalId(sweeper);
  const { FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  if (FunctionError !== undefined) throw new Error(`the sweeper failed: ${FunctionError}`);
}
