import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { USER_AGENT } from '../../lambdas/dispatcher/send.ts';
import { type Cloud, startCloud } from '../support/ministack.ts';
import { describeNeeding } from '../support/needs.ts';
import { readAssembly } from '../support/template.ts';
import { alarmsSee } from './alarms.ts';
import { amend, leaveOut } from './amends.ts';
import { bootstrap, copyProject, type Deployment, deploy, destroy, type Project, run } from './deployment.ts';
import { countItems, inventoryOf, namesOf } from './inventory.ts';
import { NAME, namedSettings, statusAt } from './name.ts';
import { breakDown, shorten, sweepNow } from './outage.ts';
import { makeWorld, type World } from './world.ts';

// The real stack by the plain `cdk` on an emulator of AWS, twice side by side in one account: once with each kind of API.

// A deployment takes ten seconds where nothing else runs.
jest.setTimeout(120_000);

// LocalStack serves HTTP APIs on its paid plans only: TEST_API=rest has both stages use the other kind.
const stages = [
  { stage: 'it-one', api: process.env['TEST_API'] === 'rest' ? 'rest' : 'http' },
  { stage: 'it-two', api: 'rest' },
] as const;
type StageName = (typeof stages)[number]['stage'];

const artifact = { registry: 'models', collection: { name: 'detector' }, version: 'v3' };
const isMiniStack = process.env['AWS_ENDPOINT_URL'] === undefined;
const mendedOnMiniStack = ['the table’s time to live', 'the table’s point-in-time recovery'];
const REVOKED_WITHIN_MS = 60_000;

describeNeeding('cloud')('the deployed stack', () => {
  let cloud: Cloud;
  const projects = {} as Record<StageName, Project>;
  const deployments = {} as Record<StageName, Deployment>;
  const worlds = {} as Record<StageName, World>;
  const mended = {} as Record<StageName, string[]>;
  const renewed = {} as Record<StageName, Deployment>;
  const revocations = {} as Record<StageName, ReturnType<typeof revokeKey>>;

  beforeAll(async () => {
    cloud = await startCloud();
    for (const { stage } of stages) {
      projects[stage] = copyProject();
      if (isMiniStack) leaveOut(projects[stage]);
    }
    await bootstrap(cloud);
    const more = isMiniStack ? await namedSettings(cloud) : {};
    await Promise.all(
      stages.map(async ({ stage, api }) => {
        const settings = { stage, api, retainData: true, more: stage === 'it-two' ? more : {} };
        const deployment = await deploy(cloud, projects[stage], settings);
        deployments[stage] = deployment;
        mended[stage] = await amend(cloud, deployment);
        worlds[stage] = await makeWorld(deployment);
        // Its wait is half a minute or more; the other tests go on meanwhile.
        revocations[stage] = revokeKey(deployment, worlds[stage]);
      }),
    );
  });

  afterAll(async () => {
    for (const { stage } of stages) {
      await worlds[stage]?.receiver.stop();
      projects[stage]?.remove();
    }
    await cloud?.stop();
  });

  const assemblyOf = (stage: StageName) => readAssembly(join(projects[stage].folder, 'cdk.out'));
  /** How many resources of each type the template of a stage names. */
  const namedBy = (stage: StageName) => {
    const types = Object.values(assemblyOf(stage).template.Resources).map(({ Type }) => Type);
    return Object.fromEntries(types.map((type) => [type, types.filter((each) => each === type).length]));
  };

  const statusesAt = async (host: string) => {
    const { adminKey } = deployments['it-two'];
    const path = '/v1/teams';
    return [await statusAt(cloud, host, path, adminKey), await statusAt(cloud, host, path, 'none')];
  };

  if (isMiniStack) {
    test('it-two answers under its name', async () => {
      expect(await statusesAt(NAME)).toEqual([200, 401]);
    });
  }

  describe.each(stages)('with an API of the kind $api ($stage)', ({ stage }) => {
    let deployment: Deployment;
    let world: World;
    beforeAll(() => {
      deployment = deployments[stage];
      world = worlds[stage];
    });

    test('everything stands that the template names', async () => {
      const { acknowledged } = assemblyOf(stage);
      const deployed = await inventoryOf(cloud, stage);
      expect(deployed).toEqual(namedBy(stage));
      console.log(
        `${stage}: ${sum(Object.values(deployed))} resources`,
        deployed,
        `cdk-nag: no findings, acknowledged: ${acknowledged.map(({ id }) => id.split('[')[0]).join(', ')}`,
      );
      if (isMiniStack) expect(mended[stage]).toEqual(mendedOnMiniStack);
    });

    test('a linked version reaches its webhook, once and signed', async () => {
      await world.post({ type: 'artifact.linked', id: 'linked-1', ...artifact });
      await world.post({ type: 'artifact.linked', id: 'linked-1', ...artifact });
      const [arrival, ...others] = await world.arrived('linked', 1);
      expect(others).toEqual([]);
      expect(arrival).toMatchObject({
        verified: true,
        json: { event: 'linked-1', version: 'vision/wandb-registry-models/detector:v3' },
      });
      expect(arrival?.headers.authorization).toBe(`Bearer ${world.secrets.TOKEN}`);
    });

    test('a metric fires at the step where its window says so', async () => {
      const losses = [0.9, 0.7, 0.5, 0.4, 0.3, 0.2];
      const points = losses.map((loss, step) => ({ step, metrics: { loss } }));
      for (const part of [points.slice(0, 2), points.slice(2)]) {
        await world.post({ type: 'run.metrics', project: 'mnist', run: { id: 'r1' }, points: part });
      }
      const [arrival, ...others] = await world.arrived('metric', 1);
      expect(others).toEqual([]);
      // (0.5 + 0.4 + 0.3) / 3 is the first below 0.5.
      expect(arrival).toMatchObject({ verified: true, json: { step: 4 } });
    });

    test('Slack gets a message in its own form', async () => {
      await world.post({ type: 'artifact.alias_added', ...artifact, alias: 'production' });
      const [arrival, ...others] = await world.arrived('slack', 1);
      expect(others).toEqual([]);
      expect(arrival?.json).toMatchObject({ attachments: [{ blocks: expect.any(Array) }] });
      expect(arrival?.body).toContain('detector:v3');
    });

    test('a receiver that answers 503 is asked again, about the same delivery', async () => {
      await world.post({ type: 'custom.retried', id: 'retried-1' });
      const [first, second, ...others] = await world.arrived('retried', 2);
      expect(others).toEqual([]);
      expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    });

    test('events that could not be matched come back from the dead-letter queue', async () => {
      const outage = await breakDown(cloud, deployment, 'matcher');
      await world.post({ type: 'custom.undecided', id: 'undecided-1' });
      await outage.deadLetters(1);
      await outage.healConsumer();
      expect(world.arrivals('undecided')).toEqual([]);
      await outage.healSweeper();
      await sweepNow(cloud, deployment);
      const [arrival, ...others] = await world.arrived('undecided', 1);
      expect(others).toEqual([]);
      expect(arrival?.json).toMatchObject({ event: 'undecided-1' });
    });

    test('a new secret is in force at once', async () => {
      await world.post({ type: 'custom.rotated', id: 'rotated-1' });
      await world.arrived('rotated', 1);
      await world.ok('PUT', '/v1/teams/vision/secrets/TOKEN', { value: 'the-token-after' });
      await world.post({ type: 'custom.rotated', id: 'rotated-2' });
      const tokens = (await world.arrived('rotated', 2)).map(({ headers }) => headers.authorization);
      expect(tokens).toEqual([`Bearer ${world.secrets.TOKEN}`, 'Bearer the-token-after']);
    });

    test('no key is refused, and so is the key of another stage', async () => {
      expect((await fetch(`${deployment.url}/v1/teams`)).status).toBe(401);
      const other = Object.values(deployments).find((each) => each.stage !== stage);
      expect(await deployment.request('GET', '/v1/teams', undefined, other?.adminKey)).toMatchObject({
        status: 401,
      });
    });

    test('deliveries that could not be attempted come back by hand: npm run redrive', async () => {
      const outage = await breakDown(cloud, deployment, 'dispatcher');
      await world.post({ type: 'custom.undelivered', id: 'undelivered-1' });
      await outage.deadLetters(1);
      await outage.healConsumer();
      const redrive = (...args: string[]) =>
        run(cloud, projects[stage], 'bin/redrive.ts', '--stage', stage, ...args);
      const waiting = /events +about 0 in .*, left there\ndeliveries +about 1 in .*, left there\n/;
      expect(await redrive('--dry-run')).toMatch(waiting);
      expect(world.arrivals('undelivered')).toEqual([]);
      expect(await redrive()).toMatch(/events .* 0 put back\ndeliveries .* 1 put back\n/);
      const [arrival, ...others] = await world.arrived('undelivered', 1);
      expect(others).toEqual([]);
      expect(arrival?.json).toMatchObject({ event: 'undelivered-1' });
      expect(await redrive('--queue', 'deliveries')).toMatch(/^deliveries +about 0 in .*, 0 put back\n$/);
      await outage.healSweeper();
    });

    test('a revoked key stops within a minute, on every route', async () => {
      expect(await revocations[stage]).toEqual({ before: [200, 422], after: [401, 401] });
    });
  });

  test('new code takes over while events flow: nothing is lost, nothing comes twice', async () => {
    // Side by side, because most of it is a wait for what the functions that were ended held.
    await Promise.all(stages.map(({ stage }) => takeOver(stage)));
  }, 400_000);

  async function takeOver(stage: StageName): Promise<void> {
    const [project, deployment, world] = [projects[stage], deployments[stage], worlds[stage]];
    project.edit('lambdas/dispatcher/send.ts', USER_AGENT, 'Signalbox/after');
    const more = { ...deployment.more, ...(deployment.more?.['domainName'] && { firewall: 'managed' }) };
    const patience = await shorten(cloud, deployment);
    const posting = keepPosting(world);
    renewed[stage] = await deploy(cloud, project, { ...deployment, more }).finally(() => posting.stop());
    const posted = await posting.ids;
    // A function that was ended under an attempt holds its lease for a while; the sweep after that sends it again.
    await untilArrived(world, posted, () => sweepNow(cloud, deployment));
    await patience.restore();
    await checkStreamed(world, posted);
  }

  // What LocalStack has on paid plans only, MiniStack shows.
  if (isMiniStack) {
    test('a firewall came before it-two by an update while events flowed, and takes no plain http', async () => {
      expect(await inventoryOf(cloud, 'it-two')).toEqual(namedBy('it-two'));
      expect(namedBy('it-two')).toMatchObject({
        'AWS::CloudFront::Distribution': 1,
        'AWS::WAFv2::WebACL': 1,
      });
      expect(await statusesAt(renewed['it-two'].domainTarget ?? '')).toEqual([403, 403]);
    });
  }

  describe('what its alarms look at moves', () =>
    alarmsSee(() => ({ cloud, deployment: deployments['it-one'], world: worlds['it-one'] })));

  describe('at its end', () => {
    const teardown = (stage: StageName, ...args: string[]) =>
      run(cloud, projects[stage], 'bin/teardown.ts', '--stage', stage, ...args);

    test('is not taken down before somebody says so', async () => {
      await expect(teardown('it-one')).rejects.toThrow(/Nobody is here to ask: give --yes/);
      await expect(teardown('it-one', '--stage', 'No')).rejects.toThrow(/--stage must name a stage/);
      expect(await deployments['it-one'].request('GET', '/v1/teams')).toMatchObject({ status: 200 });
    });

    test('npm run teardown leaves nothing of one stage, and the other untouched', async () => {
      expect(await teardown('it-one', '--yes')).toMatch(/^Signalbox-it-one is deleted, .*\nleft: nothing\n$/);
      expect((await namesOf(cloud)).filter((name) => name.includes('it-one'))).toEqual([]);
      const { post, arrived, arrivals } = worlds['it-two'];
      const before = arrivals('linked').length;
      await post({ type: 'artifact.linked', id: 'afterwards', ...artifact });
      expect(await arrived('linked', before + 1)).toHaveLength(before + 1);
    });

    test('npm run teardown -- --keep-data keeps the table, the admin key, the logs and the secrets', async () => {
      const said = await teardown('it-two', '--yes', '--keep-data');
      const { tableName } = deployments['it-two'];
      expect(said).toMatch(/^Signalbox-it-two is deleted, /);
      const kept = said.split('kept:\n')[1]?.trimEnd().split('\n  ') ?? [];
      expect(kept.filter((name) => name.includes('signalbox/it-two/team/'))).toHaveLength(3);
      expect(kept.filter((name) => name.includes('Logs'))).toHaveLength(5);
      expect(said).toContain(`\n  ${tableName}\n`);
      expect(said).toMatch(/\n {2}.*AdminKeySecret/);
      expect(await countItems(cloud, tableName)).toBeGreaterThan(20);
    });

    test('its stage can be deployed again, and cdk destroy leaves nothing where data is not retained', async () => {
      const settings = { stage: 'it-one', api: stages[0].api, retainData: false } as const;
      const project = projects['it-one'];
      await deploy(cloud, project, settings);
      await expect(teardown('it-one', '--yes', '--keep-data')).rejects.toThrow(
        /deployed with retainData=false/,
      );
      await destroy(cloud, project);
      expect((await namesOf(cloud)).filter((name) => name.includes('it-one'))).toEqual([]);
    });
  });
});

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** Uses a key, revokes it, and uses it until it is refused or a minute is over; answers the statuses on two routes. */
async function revokeKey({ request }: Deployment, { ok }: World) {
  const made = await ok('POST', '/v1/keys', { team: 'vision', role: 'admin', name: 'job' });
  const [id, key] = [String(made['id']), String(made['key'])];
  const statuses = async () => {
    const answers = [
      await request('GET', '/v1/keys?team=vision', undefined, key),
      await request('POST', '/v1/events', {}, key),
    ];
    return answers.map(({ status }) => status);
  };
  const before = await statuses();
  await ok('DELETE', `/v1/keys/${id}`);
  const revokedAt = Date.now();
  let after = before;
  while (after.some((status) => status !== 401) && Date.now() - revokedAt < REVOKED_WITHIN_MS) {
    await sleep(500);
    after = await statuses();
  }
  return { before, after };
}

/** Each event made one delivery, and was posted once by it; by the old code or by the new. */
async function checkStreamed(world: World, posted: string[]): Promise<void> {
  const arrivals = world.arrivals('streamed');
  const deliveries = new Map(arrivals.map(({ headers, json }) => [headers['webhook-id'], eventOf(json)]));
  expect([...deliveries.values()].toSorted()).toEqual(posted.toSorted());
  for (const id of deliveries.keys()) {
    const { attempts } = await world.ok('GET', `/v1/deliveries/${id}`);
    // Only an attempt whose end nobody saw may have been made twice.
    const unseen = (attempts as { outcome: string }[]).filter(({ outcome }) => outcome === 'unknown');
    const posts = arrivals.filter(({ headers }) => headers['webhook-id'] === id);
    expect(posts.length).toBeLessThanOrEqual(1 + unseen.length);
  }
  const agents = arrivals.map(({ headers }) => headers['user-agent']);
  expect(new Set(agents)).toEqual(new Set([USER_AGENT, 'Signalbox/after']));
}

const eventOf = (json: unknown) => (json as { event: string }).event;

/** Waits until each event has arrived, and sweeps meanwhile. */
async function untilArrived({ arrivals }: World, ids: string[], sweep: () => Promise<void>): Promise<void> {
  const missing = () => {
    const there = new Set(arrivals('streamed').map(({ json }) => eventOf(json)));
    return ids.filter((id) => !there.has(id));
  };
  for (const endsAt = Date.now() + 200_000; missing().length > 0; await sleep(3_000)) {
    if (Date.now() > endsAt) throw new Error(`${missing().join(', ')} did not arrive`);
    await sweep();
  }
}

/** Posts an event, and again when that failed, as clients do: its id makes it one. */
async function postSurely({ post }: World, id: string): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      return await post({ type: 'custom.streamed', id });
    } catch (error) {
      if (left === 0) throw error;
      await sleep(1_000);
    }
  }
}

/** Posts five events a second until it is told to stop. */
function keepPosting(world: World): { ids: Promise<string[]>; stop(): void } {
  let isStopped = false;
  const posting = async () => {
    const ids: string[] = [];
    while (!isStopped) {
      const id = `streamed-${ids.length}`;
      await postSurely(world, id);
      ids.push(id);
      await sleep(200);
    }
    return ids;
  };
  return {
    ids: posting(),
    stop: () => {
      isStopped = true;
    },
  };
}
