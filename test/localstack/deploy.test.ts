import { setTimeout as sleep } from 'node:timers/promises';
import { USER_AGENT } from '../../lambdas/dispatcher/send.ts';
import { type Cloud, startCloud } from '../support/ministack.ts';
import { describeNeeding } from '../support/needs.ts';
import { amend } from './amends.ts';
import { cdk, copyProject, type Deployment, deploy, type Project } from './deployment.ts';
import { breakDown, sweepNow } from './outage.ts';
import { makeWorld, type World } from './world.ts';

// The real stack by the plain `cdk` on an emulator of AWS, twice side by side in one account: once with each kind of API.

const stages = [
  { stage: 'it-http', api: 'http' },
  { stage: 'it-rest', api: 'rest' },
] as const;
type StageName = (typeof stages)[number]['stage'];

const artifact = { registry: 'models', collection: { name: 'detector' }, version: 'v3' };
const REVOKED_WITHIN_MS = 60_000;

describeNeeding('cloud')('the deployed stack', () => {
  let cloud: Cloud;
  const projects = {} as Record<StageName, Project>;
  const deployments = {} as Record<StageName, Deployment>;
  const worlds = {} as Record<StageName, World>;

  beforeAll(async () => {
    cloud = await startCloud();
    for (const { stage } of stages) projects[stage] = copyProject();
    await cdk(cloud, projects['it-http'], 'bootstrap');
    await Promise.all(
      stages.map(async ({ stage, api }) => {
        const deployment = await deploy(cloud, projects[stage], { stage, api, retainData: true });
        deployments[stage] = deployment;
        await amend(cloud, deployment);
        worlds[stage] = await makeWorld(deployment);
      }),
    );
  }, 120_000);

  afterAll(async () => {
    for (const { stage } of stages) {
      await worlds[stage]?.receiver.stop();
      projects[stage]?.remove();
    }
    await cloud?.stop();
  });

  describe.each(stages)('with an API of the kind $api', ({ stage }) => {
    let deployment: Deployment;
    let world: World;
    let revocation: ReturnType<typeof revokeKey>;
    beforeAll(async () => {
      deployment = deployments[stage];
      world = worlds[stage];
      // Its wait is half a minute; the other tests go on meanwhile.
      revocation = revokeKey(deployment, world);
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
      await outage.end();
      expect(world.arrivals('undecided')).toEqual([]);
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

    test('a key of one stage means nothing to the other', async () => {
      const other = Object.values(deployments).find((each) => each.stage !== stage);
      expect(await deployment.request('GET', '/v1/teams', undefined, other?.adminKey)).toMatchObject({
        status: 401,
      });
    });

    test('a revoked key stops within a minute, on every route', async () => {
      expect(await revocation).toEqual({ before: [200, 422], after: [401, 401] });
    }, 70_000);

    test('new code takes over while events flow: nothing is lost, nothing comes twice', async () => {
      const project = projects[stage];
      project.edit('lambdas/dispatcher/send.ts', USER_AGENT, 'Signalbox/after');
      let isDeployed = false;
      const posted: string[] = [];
      const posting = (async () => {
        while (!isDeployed || posted.length % 10 !== 0) {
          const id = `streamed-${posted.length}`;
          await world.post({ type: 'custom.streamed', id });
          posted.push(id);
          await sleep(100);
        }
      })();
      await deploy(cloud, project, { stage, api: deployment.api, retainData: true }).finally(() => {
        isDeployed = true;
      });
      await posting;
      const arrivals = await world.arrived('streamed', posted.length, 60_000);
      const ids = arrivals.map(({ json }) => (json as { event: string }).event);
      expect(ids.toSorted()).toEqual(posted.toSorted());
      const agents = new Set(arrivals.map(({ headers }) => headers['user-agent']));
      expect(agents).toEqual(new Set([USER_AGENT, 'Signalbox/after']));
    }, 120_000);
  });
});

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
