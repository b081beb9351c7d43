import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { startPump } from '../../local/pump.ts';
import { accountId, type LocalQueue, queueArn, region } from '../../local/topology.ts';
import { cleanUp, startLocalQueues, temporaryFolder } from './local-runtime.ts';
import { startCloud } from './ministack.ts';
import { zipOf } from './zip.ts';

/** Takes a batch and answers the ids of the messages that failed. */
export type Consume = (records: SQSRecord[]) => string[];

/** An SQS with queues in it, and whatever feeds a queue to a function there. */
export interface QueueWire {
  client: SQSClient;
  url(name: string): string;
  feed(name: string, consume: Consume): Promise<void>;
  stop(): Promise<void>;
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const answerOf = (event: SQSEvent, consume: Consume) => ({
  batchItemFailures: consume(event.Records).map((itemIdentifier) => ({ itemIdentifier })),
});

/** What `npm start` has: fauxqs, and our pump. */
export async function localWire(queues: LocalQueue[]): Promise<QueueWire> {
  const local = await startLocalQueues(temporaryFolder(), queues);
  const client = new SQSClient({ region, endpoint: local.endpoint, credentials });
  const stops: (() => unknown)[] = [];
  return {
    client,
    url: local.queueUrl,
    feed: async (name, consume) => {
      const pump = startPump({
        client,
        queueUrl: local.queueUrl(name),
        queueArn: queueArn(name),
        batchSize: 10,
        maxConcurrency: 4,
        waitSeconds: 0.1,
        invoke: async (event) => answerOf(event, consume),
        onTrouble: () => {},
      });
      stops.push(() => pump.stop());
    },
    stop: async () => {
      for (const stop of stops) await stop();
      client.destroy();
      await cleanUp();
    },
  };
}

/** An emulator of AWS with its event source mapping. */
export async function cloudWire(queues: LocalQueue[]): Promise<QueueWire> {
  const cloud = await startCloud();
  const options = { region, endpoint: cloud.endpoint, credentials };
  const client = new SQSClient(options);
  const lambda = new LambdaClient(options);
  const urls = new Map<string, string>();
  for (const { name, attributes, deadLetters, maxReceiveCount } of queues) {
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: queueArn(deadLetters.name),
      maxReceiveCount,
    });
    await client.send(
      new CreateQueueCommand({ QueueName: deadLetters.name, Attributes: deadLetters.attributes }),
    );
    await client.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes, RedrivePolicy } }),
    );
    for (const QueueName of [name, deadLetters.name]) {
      urls.set(QueueName, (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '');
    }
  }
  const stops: (() => unknown)[] = [cloud.stop];
  return {
    client,
    url: (name) => urls.get(name) ?? '',
    feed: async (name, consume) => {
      const answers = await serveAnswers(consume);
      stops.unshift(answers.stop);
      const FunctionName = name.replace('.', '-');
      await lambda.send(new CreateFunctionCommand({ ...functionAsking(answers.url), FunctionName }));
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
      await lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName,
          EventSourceArn: queueArn(name),
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        }),
      );
    },
    stop: async () => {
      for (const stop of stops) await stop();
      client.destroy();
      lambda.destroy();
    },
  };
}

/** A function that hands its event to a server of the test, and answers what that says. */
function functionAsking(url: string) {
  const code = `exports.handler = async (event) =>
    (await fetch('${url}', { method: 'POST', body: JSON.stringify(event) })).json();`;
  return {
    Runtime: 'nodejs24.x' as const,
    Handler: 'index.handler',
    Role: `arn:aws:iam::${accountId}:role/any`,
    Code: { ZipFile: zipOf('index.js', code) },
  };
}

async function serveAnswers(consume: Consume): Promise<{ url: string; stop: () => void }> {
  const server = createServer(async (request, response) => {
    const event = (await json(request)) as SQSEvent;
    response.end(JSON.stringify(answerOf(event, consume)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
