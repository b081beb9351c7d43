import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeployedStack } from '../../bin/deployed-stack.ts';
import { type Cloud, startCloud } from '../support/ministack.ts';
import { describeNeeding } from '../support/needs.ts';
import { freePort } from '../support/ports.ts';
import { clientOptions, projectIn, run } from './deployment.ts';
import { namesOf } from './inventory.ts';

// What `cdk destroy`, or a teardown that was cut short, leaves of a stack that is gone. MiniStack forgets what a deleted
// stack held, which CloudFormation remembers for 90 days: it stands in for that here.

const STACK = 'Signalbox-gone';
const STACK_ID = `arn:aws:cloudformation:us-east-1:000000000000:stack/${STACK}/0a1b2c3d`;
// Of a REST API's errors API Gateway makes a log by itself.
const LOG = 'API-Gateway-Execution-Logs_gone0a1b2c/api';
// What an update took out of the stack, such as the canary's log when there is to be none any more; and another stage's.
const STRAY = `${STACK}-CanaryLogs0A1B2C3D-0A1B2C3D4E5F`;
const OF_ANOTHER = `${STACK}-too-CanaryLogs0A1B2C3D-0A1B2C3D4E5F`;
const BUCKETS = ['signalbox-gone-firewalllogs-1', 'signalbox-gone-firewalllogs-2'];
const TABLE = `${STACK}-StorageTable0A1B2C3D-0A1B2C3D4E5F`;

type Asked = { Action: string; StackName?: string };

/** The inside of an answer of CloudFormation's, or undefined for what it does not know. */
function remembered({ Action, StackName }: Asked): string | undefined {
  if (Action === 'ListStacks') {
    const stacks = [
      [STACK, STACK_ID],
      ['Signalbox-gone-too', 'another'],
    ].map(
      ([name, id]) =>
        `<member><StackName>${name}</StackName><StackId>${id}</StackId><StackStatus>DELETE_COMPLETE</StackStatus></member>`,
    );
    return `<StackSummaries>${stacks.join('')}</StackSummaries>`;
  }
  // A deleted stack goes by its id alone.
  if (StackName !== STACK_ID) return undefined;
  if (Action === 'GetTemplate') {
    const Resources = {
      StorageTable0A1B2C3D: { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Retain' },
      IngestionEventsQueue0A1B2C3D: { Type: 'AWS::SQS::Queue' },
      RestApi0A1B2C3D: { Type: 'AWS::ApiGateway::RestApi' },
      AdminKeySecret0A1B2C3D: { Type: 'AWS::SecretsManager::Secret', DeletionPolicy: 'Retain' },
      FirewallLogs0A1B2C3D: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' },
      FirewallLogs1A1B2C3D: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' },
    };
    return `<TemplateBody>${JSON.stringify({ Resources })}</TemplateBody>`;
  }
  const members = [
    ['StorageTable0A1B2C3D', 'AWS::DynamoDB::Table', TABLE, 'DELETE_SKIPPED'],
    ['IngestionEventsQueue0A1B2C3D', 'AWS::SQS::Queue', 'signalbox-gone-events.fifo', 'DELETE_COMPLETE'],
    ['RestApi0A1B2C3D', 'AWS::ApiGateway::RestApi', 'gone0a1b2c', 'DELETE_COMPLETE'],
    // A deployment that failed did not come to it.
    ['AdminKeySecret0A1B2C3D', 'AWS::SecretsManager::Secret', '', 'DELETE_COMPLETE'],
    ...BUCKETS.map((bucket, at) => [`FirewallLogs${at}A1B2C3D`, 'AWS::S3::Bucket', bucket, 'DELETE_SKIPPED']),
  ].map(
    ([id, type, physicalId, status]) =>
      `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>${type}</ResourceType>` +
      `<PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceStatus>${status}</ResourceStatus></member>`,
  );
  return `<StackResourceSummaries>${members.join('')}</StackResourceSummaries>`;
}

function cloudFormation(): Server {
  return createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const asked = Object.fromEntries(new URLSearchParams(body)) as Asked;
    const inside = remembered(asked);
    const message = `Stack [${asked.StackName}] does not exist`;
    response.writeHead(inside === undefined ? 400 : 200, { 'content-type': 'text/xml' });
    response.end(
      inside === undefined
        ? `<ErrorResponse><Error><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`
        : `<${asked.Action}Response><${asked.Action}Result>${inside}</${asked.Action}Result></${asked.Action}Response>`,
    );
  });
}

describeNeeding('cloud')('npm run teardown of a stack that is gone', () => {
  let cloud: Cloud;
  let server: Server;
  const project = projectIn(join(import.meta.dirname, '../..'));
  const teardown = (...args: string[]) => run(cloud, project, 'bin/teardown.ts', '--yes', ...args);

  beforeAll(async () => {
    const port = await freePort();
    server = cloudFormation().listen(port, '127.0.0.1');
    const emulator = await startCloud();
    const environment = {
      ...emulator.environment,
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
    };
    cloud = { ...emulator, environment };
    await new DynamoDBClient(clientOptions(cloud)).send(
      new CreateTableCommand({
        TableName: TABLE,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
      }),
    );
    const logs = new CloudWatchLogsClient(clientOptions(cloud));
    for (const logGroupName of [LOG, STRAY, OF_ANOTHER])
      await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await new SecretsManagerClient(clientOptions(cloud)).send(
      new CreateSecretCommand({ Name: 'signalbox/gone/team/sec_1', SecretString: 'x' }),
    );
  });

  afterAll(async () => {
    server.close();
    await cloud.stop();
  });

  test('lists what it left, and takes that away when the data is not to be kept', async () => {
    expect(await teardown('--stage', 'gone', '--keep-data')).toBe(
      `${['kept:', TABLE, LOG, STRAY, 'signalbox/gone/team/sec_1'].join('\n  ')}\n`,
    );
    expect(await teardown('--stage', 'gone')).toBe('left: nothing\n');
    expect((await namesOf(cloud)).filter((name) => name.includes('gone'))).toEqual([OF_ANOTHER]);
  });

  test('does not ask for what was never made', async () => {
    Object.assign(process.env, cloud.environment);
    const ids = (await new DeployedStack('gone').leftBehind()).map(({ physicalId }) => physicalId);
    expect(ids).toEqual([TABLE, LOG, ...BUCKETS]);
  });

  test('leaves a bucket to the operator, and names it as long as it is there', async () => {
    const [bucket = ''] = BUCKETS;
    const url = `${cloud.endpoint}/${bucket}`;
    expect((await fetch(url, { method: 'PUT' })).status).toBe(200);
    await expect(teardown('--stage', 'gone')).rejects.toThrow(
      `left:\n  ${bucket} (aws s3 rb --force s3://${bucket} deletes it)\n`,
    );
    expect((await fetch(url, { method: 'DELETE' })).ok).toBe(true);
    expect(await teardown('--stage', 'gone')).toMatch(/^There is no stack/);
  });

  test('works in the region that `aws` and `cdk` take, by whichever name it is given', async () => {
    const { AWS_REGION, ...others } = cloud.environment;
    const elsewhere = { ...cloud, environment: { ...others, AWS_DEFAULT_REGION: AWS_REGION } };
    const said = run(elsewhere, project, 'bin/teardown.ts', '--yes', '--stage', 'never');
    expect(await said).toMatch(/^There is no stack Signalbox-never/);
  });

  test('says so when there is none and nothing of one, which a wrong region looks like', async () => {
    expect(await teardown('--stage', 'never')).toMatch(
      /^There is no stack Signalbox-never in this account and region, /,
    );
  });
});
