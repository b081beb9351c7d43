import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { tableIndexes } from '../../lib/table-indexes.ts';
import { requester } from '../earlier/requester.ts';
import { checkOut, FIRST_VERSION } from '../earlier/sources.ts';
import { keysOf } from '../earlier/stack.ts';
import {
  arrivalsOf,
  type EarlierWorld,
  inRegistry,
  losses,
  makeEarlierWorld,
  type Ok,
  post,
  respondTo,
  untilListed,
} from '../earlier/world.ts';
import { amend, leaveOut } from '../localstack/amends.ts';
import {
  bootstrap,
  clientOptions,
  contextOf,
  copyProject,
  type Deployment,
  deploy,
  type Project,
  projectIn,
  run,
} from '../localstack/deployment.ts';
import { hold, shorten, sweepNow } from '../localstack/outage.ts';
import { cleanUp } from '../support/local-runtime.ts';
import { type Cloud, startCloud } from '../support/ministack.ts';
import { describeNeeding } from '../support/needs.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

// The first version that could be deployed, by its own sources and the plain `cdk`, with data in it; then
// `npm run upgrade` of this version while events flow. An emulator makes more index changes an update than
// CloudFormation does: that each deployment makes one is held by test/infra/upgrade.test.ts.

const settings = { stage: 'it-up', api: 'http', retainData: true } as const;
/** Slower than an automation's storm limit of 30 a minute. */
const POST_EVERY_MS = 2_500;
const isMiniStack = process.env['AWS_ENDPOINT_URL'] === undefined;

describeNeeding('history')('a deployment of the first version', () => {
  let cloud: Cloud;
  let receiver: Receiver;
  let project: Project;
  let deployment: Deployment;
  let world: EarlierWorld;
  let ok: Ok;
  let isUp = false;
  let said = '';
  const posted: string[] = [];

  beforeAll(async () => {
    cloud = await startCloud();
    receiver = await startReceiver({ respond: respondTo(() => isUp) });
    const first = projectIn(checkOut(FIRST_VERSION));
    await bootstrap(cloud);
    deployment = await deploy(cloud, first, settings);
    await amend(cloud, deployment);
    ok = requester(deployment.url, deployment.adminKey);
    world = await makeEarlierWorld(ok, receiver);
    project = copyProject();
    if (isMiniStack) leaveOut(project);
  }, 600_000);

  afterAll(async () => {
    await receiver?.stop();
    project?.remove();
    await cloud?.stop();
    await cleanUp();
  });

  test('is upgraded by one command while events flow', async () => {
    // As the ingest of before wrote it.
    const queued = await hold(cloud, deployment, 'matcher');
    await post(ok, { type: 'artifact.linked', id: 'linked-queued', ...inRegistry });
    const upgrade = (...more: string[]) =>
      run(cloud, project, 'bin/upgrade.ts', '--stage', settings.stage, ...more, ...contextOf(settings));
    expect(await upgrade('--dry-run')).toContain('deployments to come: 4\n');
    const patience = await shorten(cloud, deployment);
    const posting = keepPosting(ok, world.senderKey, posted);
    said = await upgrade('--yes').finally(() => posting.stop());
    await posting.ended;
    await queued.release();
    expect(said).toContain('registry models made: every team is a member, as before');
    isUp = true;
    await untilArrived(receiver, ['linked-queued', ...posted], () => sweepNow(cloud, deployment));
    await patience.restore();
  }, 1_200_000);

  test('has the indexes of today, and is upgraded to the end', async () => {
    const client = new DynamoDBClient(clientOptions(cloud));
    const { Table } = await client.send(new DescribeTableCommand({ TableName: deployment.tableName }));
    expect(keysOf(Table as Parameters<typeof keysOf>[0]).indexes).toEqual(tableIndexes);
    const again = await run(cloud, project, 'bin/upgrade.ts', '--stage', settings.stage, '--dry-run');
    expect(again).toBe('deployments to come: 1\n  with the indexes due, by-team, by-automation\n');
  }, 60_000);

  test('sends what waited for its next attempt, as the same delivery', async () => {
    const waiting = world.deliveries.find(({ status }) => status === 'pending')?.id ?? '';
    await makeDue(cloud, deployment, waiting);
    await sweepNow(cloud, deployment);
    const isDelivered = (listed: { id: string; status: string }[]) =>
      listed.find(({ id }) => id === waiting)?.status === 'delivered';
    // What was posted during the upgrade fills the first page where that took long.
    await untilListed(ok, isDelivered, 'team=vision&limit=100');
    const last = arrivalsOf(receiver, 'waiting').at(-1);
    expect(last?.headers['webhook-id']).toBe(waiting);
  }, 90_000);

  test('lists every delivery of before, and its attempts', async () => {
    for (const { id, automation } of world.deliveries) {
      const { deliveries } = await ok('GET', `/v1/deliveries?automation=${automation}&limit=100`);
      expect((deliveries as { id: string }[]).map((each) => each.id)).toContain(id);
      expect(await ok('GET', `/v1/deliveries/${id}`)).toMatchObject({ id });
    }
  });

  test('fires its automations on new events, and none twice in a day for a run', async () => {
    await post(ok, losses('fired', 5, [0.3, 0.2, 0.1]), world.senderKey);
    await post(ok, losses('fresh', 0, [0.4, 0.3, 0.2]), world.senderKey);
    await untilThere(() => runsOf(receiver).includes('fresh'));
    await sleep(2_000);
    expect(runsOf(receiver).toSorted()).toEqual(['fired', 'fresh']);
  }, 90_000);
});

/** Its endpoint was down all the while, so its next attempt would be minutes off. */
async function makeDue(cloud: Cloud, { tableName: TableName }: Deployment, id: string): Promise<void> {
  const now = { N: String(Date.now()) };
  await new DynamoDBClient(clientOptions(cloud)).send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: { S: `DELIVERY#${id}` }, sk: { S: 'DELIVERY' } },
      UpdateExpression: 'SET dueAtMs = :now, sweepAt = :now',
      ExpressionAttributeValues: { ':now': now },
    }),
  );
}

const eventsOf = (receiver: Receiver) =>
  arrivalsOf(receiver, 'linked').map(({ json }) => (json as { event: string }).event);
const runsOf = (receiver: Receiver) =>
  arrivalsOf(receiver, 'low-loss').map(({ json }) => (json as { run: string }).run);

async function untilThere(isThere: () => boolean, meanwhile = async () => {}): Promise<void> {
  for (const endsAt = Date.now() + 200_000; !isThere(); await sleep(1_000)) {
    if (Date.now() > endsAt) throw new Error('it did not come');
    await meanwhile();
  }
}

async function untilArrived(receiver: Receiver, ids: string[], sweep: () => Promise<void>): Promise<void> {
  const missing = () => ids.filter((id) => !eventsOf(receiver).includes(id));
  await untilThere(() => missing().length === 0, sweep).catch((error) => {
    throw new Error(`${missing().join(', ')} did not arrive`, { cause: error });
  });
}

function keepPosting(ok: Ok, key: string, posted: string[]): { ended: Promise<void>; stop(): void } {
  let isStopped = false;
  const posting = async () => {
    while (!isStopped) {
      const id = `linked-${posted.length}`;
      await post(ok, { type: 'artifact.linked', id, ...inRegistry }, key);
      posted.push(id);
      await sleep(POST_EVERY_MS);
    }
  };
  return {
    ended: posting(),
    stop: () => {
      isStopped = true;
    },
  };
}
