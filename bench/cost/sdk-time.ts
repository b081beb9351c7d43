import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

/** CPU that AWS's SDK takes for one call: marshalling, signing, parsing the answer; without TLS. In ms. */
export interface SdkTime {
  read: number;
  write: number;
  send: number;
}

/** Measured on the real clients, whose network is cut off right below the SDK. */
export async function measureSdk(): Promise<SdkTime> {
  const item = { pk: 'RUN#vision/vision-0/abcdefgh', sk: 'STATE', version: 7, applied: 'm'.repeat(1_000) };
  const { table, queue } = deafClients(
    JSON.stringify({ Item: { pk: { S: 'a' }, text: { S: item.applied } } }),
  );
  const TableName = 'signalbox';
  const Entries = [{ Id: '0', MessageBody: 'x'.repeat(10_000), MessageGroupId: 'group' }];
  return {
    read: await timeOf(() => table.send(new GetCommand({ TableName, Key: { pk: 'a', sk: 'b' } }))),
    write: await timeOf(() => table.send(new PutCommand({ TableName, Item: item }))),
    send: await timeOf(() =>
      queue.send(
        new SendMessageBatchCommand({
          QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/queue',
          Entries,
        }),
      ),
    ),
  };
}

/** Clients that are answered at once, always the same. */
function deafClients(answer: string) {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  const handle = async () => ({ response: { statusCode: 200, headers, body: Buffer.from(answer) } });
  const config = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { handle, metadata: { handlerProtocol: 'http/1.1' } } as never,
  };
  return { table: DynamoDBDocumentClient.from(new DynamoDBClient(config)), queue: new SQSClient(config) };
}

const CALLS = 1_000;

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  for (let at = 0; at < CALLS; at++) await call();
  const before = process.cpuUsage();
  for (let at = 0; at < CALLS; at++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / CALLS;
}
