import {
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { queues } from '../../local/topology.ts';
import type { Cloud } from '../support/ministack.ts';
import { clientOptions, type Deployment, type Project } from './deployment.ts';

/*
 * What the template says and an emulator's CloudFormation refuses, left out before the deployment, and what it leaves
 * undone, done by hand after it. The template stays right for AWS; docs/local-differences.md lists what MiniStack needs.
 */

/** Takes out of a copy of the project what MiniStack refuses to deploy: alarms on more than one metric. */
export function leaveOut(project: Project): void {
  const [before, after] = [
    'Object.entries(rows).map(',
    'Object.entries(rows).filter(([, row]) => !(row.metric(parts) instanceof MathExpression)).map(',
  ];
  project.edit('lib/alarms.ts', before, after);
}

/** Mends a deployment, and answers what had to be mended. */
export async function amend(cloud: Cloud, deployment: Deployment): Promise<string[]> {
  const dynamo = new DynamoDBClient(clientOptions(cloud));
  const sqs = new SQSClient(clientOptions(cloud));
  const mended = [
    (await amendTimeToLive(dynamo, deployment)) && 'the table’s time to live',
    (await amendBackups(dynamo, deployment)) && 'the table’s point-in-time recovery',
    (await amendQueues(sqs, deployment)) && 'attributes of queues',
  ];
  return mended.filter((what) => what !== false);
}

async function amendTimeToLive(
  client: DynamoDBClient,
  { tableName: TableName }: Deployment,
): Promise<boolean> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED') return false;
  const TimeToLiveSpecification = { AttributeName: 'ttl', Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return true;
}

async function amendBackups(client: DynamoDBClient, { tableName: TableName }: Deployment): Promise<boolean> {
  const { ContinuousBackupsDescription } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  const { PointInTimeRecoveryStatus } = ContinuousBackupsDescription?.PointInTimeRecoveryDescription ?? {};
  if (PointInTimeRecoveryStatus === 'ENABLED') return false;
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
  return true;
}

/** The local topology holds what the template says of the queues, word by word (test/infra/topology.test.ts). */
async function amendQueues(client: SQSClient, deployment: Deployment): Promise<boolean> {
  let isMended = false;
  for (const [name, { attributes, deadLetters, maxReceiveCount }] of Object.entries(queues)) {
    const path = { events: 'IngestionEvents', deliveries: 'DeliveryDeliveries' }[name] ?? '';
    const deadLettersUrl = deployment.physicalId(`${path}DeadLetters`);
    const { QueueArn } = await attributesOf(client, deadLettersUrl);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount });
    const wanted: [string, Record<string, string>][] = [
      [deployment.physicalId(`${path}Queue`), { ...attributes, RedrivePolicy }],
      [deadLettersUrl, deadLetters.attributes],
    ];
    for (const [url, all] of wanted) isMended = (await amendQueue(client, url, all)) || isMended;
  }
  return isMended;
}

async function amendQueue(
  client: SQSClient,
  QueueUrl: string,
  wanted: Record<string, string>,
): Promise<boolean> {
  const found = await attributesOf(client, QueueUrl);
  const lacking = Object.entries(wanted).filter(([name, value]) => !isSame(found[name], value));
  if (lacking.length === 0) return false;
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: Object.fromEntries(lacking) }));
  return true;
}

/** JSON may come back with other spaces, and a number as text. */
const isSame = (found: string | undefined, wanted: string) =>
  found === wanted || (found?.startsWith('{') === true && isSameJson(JSON.parse(found), JSON.parse(wanted)));

const isSameJson = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  Object.keys(b).every((key) => String(a[key]) === String(b[key]));

async function attributesOf(client: SQSClient, QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes;
}
