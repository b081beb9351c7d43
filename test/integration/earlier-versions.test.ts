import { setTimeout as sleep } from 'node:timers/promises';
import { region, table as topology } from '../../local/topology.ts';
import { openTable } from '../../store/client.ts';
import { upgradeItems } from '../../store/upgrade.ts';
import { putRecorded, readRecorded, sendRecorded } from '../earlier/recorded.ts';
import { requester } from '../earlier/requester.ts';
import {
  arrivalsOf,
  inProject,
  inRegistry,
  losses,
  type Ok,
  post,
  respondTo,
  setSecrets,
  untilListed,
  urlOf,
} from '../earlier/world.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

// What earlier versions left in the table and in the queue (test/earlier/record.ts), brought up to date by
// `npm run upgrade`'s own code, and then used by today's functions through the API.

afterAll(cleanUp);

const versions = [
  { name: 'first-version', keepsWindows: false },
  { name: 'second-version', keepsWindows: true },
];

describe.each(versions)('data of the $name', ({ name, keepsWindows }) => {
  const recorded = readRecorded(name);
  const { world } = recorded;
  const made = world.deliveries.map(({ id }) => id);
  let runtime: LocalRuntime;
  let receiver: Receiver;
  let ok: Ok;

  beforeAll(async () => {
    receiver = await startReceiver({ respond: respondTo(() => true) });
    const before = await startLocalRuntime();
    await putRecorded(recorded, before);
    expect(await upgraded(before)).toMatchObject({ items: recorded.items.length, registries: ['models'] });
    // Doing it again changes nothing.
    expect(await upgraded(before)).toMatchObject({ changed: 0, registries: [] });
    ok = requester(before.url, before.key);
    await setSecrets(ok);
    for (const [integration, id] of Object.entries(world.integrations)) {
      await ok('PATCH', `/v1/integrations/${id}`, { url: urlOf(receiver.url, integration) });
    }
    // A runtime sweeps when it starts, and so sends what waits.
    await before.stop();
    runtime = await startLocalRuntime({ dataFolder: before.dataFolder });
    ok = requester(runtime.url, runtime.key);
  }, 60_000);

  afterAll(async () => {
    await receiver.stop();
    await runtime.stop();
  });

  test('its configuration is there', async () => {
    const names = async (path: string, list: string) => {
      const body = await ok('GET', path);
      return (body[list] as { name: string }[]).map((each) => each.name).toSorted();
    };
    expect(await names('/v1/teams', 'teams')).toEqual(['speech', 'vision']);
    expect(await names('/v1/automations?team=vision', 'automations')).toEqual(
      Object.keys(world.automations).toSorted(),
    );
    expect(await names('/v1/integrations?team=vision', 'integrations')).toEqual(['down', 'receiver']);
    expect(await names('/v1/keys?team=vision', 'keys')).toEqual(['training']);
    expect(await names('/v1/teams/vision/secrets', 'secrets')).toEqual(['SIGNING', 'TOKEN']);
    expect(await names('/v1/registries', 'registries')).toEqual(['models']);
  });

  test('its deliveries are in the history of the team and of each automation, with their attempts', async () => {
    const { deliveries } = await ok('GET', '/v1/deliveries?team=vision');
    const listed = (deliveries as { id: string }[]).map(({ id }) => id).filter((id) => made.includes(id));
    expect(listed).toEqual(made);
    for (const { id, automation, created_at } of world.deliveries) {
      const page = await ok('GET', `/v1/deliveries?automation=${automation}`);
      expect((page['deliveries'] as { id: string }[]).map((each) => each.id)).toContain(id);
      const read = await ok('GET', `/v1/deliveries/${id}`);
      const isRecorded = automation === world.automations['recorded'];
      expect(read).toMatchObject({ id, created_at });
      expect((read['attempts'] as unknown[]).length >= 1).toBe(!isRecorded);
    }
  });

  test('what waited for its next attempt is delivered, as the same delivery', async () => {
    const waiting = world.deliveries.find(({ status }) => status === 'pending')?.id ?? '';
    await untilListed(ok, (listed) => listed.find(({ id }) => id === waiting)?.status === 'delivered');
    const arrivals = arrivalsOf(receiver, 'waiting').filter(
      ({ headers }) => headers['webhook-id'] === waiting,
    );
    expect(arrivals).toHaveLength(1);
    expect(arrivals[0]?.method).toBe('POST');
    const { attempts } = await ok('GET', `/v1/deliveries/${waiting}`);
    expect((attempts as { number: number }[]).map(({ number }) => number)).toEqual([1, 2]);
  });

  test('what stood in the events queue fires', async () => {
    await sendRecorded(recorded, runtime);
    await untilListed(ok, (listed) => listed.length === made.length + 3);
    const events = (automation: string) =>
      arrivalsOf(receiver, automation).map(({ json }) => (json as { event: string }).event);
    await receiver.waitFor(4, 20_000);
    expect(events('linked')).toContain('linked-queued');
    expect(events('waiting')).toContain('waiting-queued');
    expect(events('low-loss')).toEqual(['queued-points']);
  });

  test('a key of before sends events, and automations of before fire on them', async () => {
    await post(ok, { type: 'artifact.linked', id: 'linked-after', ...inRegistry }, world.senderKey);
    await post(ok, { type: 'artifact.alias_added', id: 'waiting-after', alias: 'new', ...inProject });
    await post(ok, losses('fresh', 0, [0.4, 0.3, 0.2]), world.senderKey);
    await receiver.waitFor(7, 20_000);
    expect(arrivalsOf(receiver, 'linked').at(-1)?.json).toMatchObject({ event: 'linked-after' });
    expect(arrivalsOf(receiver, 'low-loss').at(-1)?.json).toMatchObject({ run: 'fresh' });
  });

  test('an automation that fired for a run does not fire again within the day', async () => {
    const before = arrivalsOf(receiver, 'low-loss').length;
    await post(ok, losses('fired', 5, [0.3, 0.2, 0.1]));
    await untilMatched(runtime, 'fired');
    expect(arrivalsOf(receiver, 'low-loss')).toHaveLength(before);
  });

  test(`the window of a run under way ${keepsWindows ? 'goes on' : 'fills anew'}`, async () => {
    const fired = () =>
      arrivalsOf(receiver, 'low-loss').filter(({ json }) => (json as { run: string }).run === 'nearly');
    await post(ok, losses('nearly', 2, [0.2]));
    if (!keepsWindows) {
      await untilMatched(runtime, 'nearly');
      expect(fired()).toEqual([]);
      await post(ok, losses('nearly', 3, [0.2, 0.2]));
    }
    const { length } = receiver.requests;
    if (fired().length === 0) await receiver.waitFor(length + 1, 20_000);
    expect(fired()).toHaveLength(1);
  });

  test('a delivery of before is sent again', async () => {
    const { id } = world.deliveries.find(({ automation }) => automation === world.automations['linked']) ?? {
      id: '',
    };
    const { length } = receiver.requests;
    await ok('POST', `/v1/deliveries/${id}/resend`);
    await receiver.waitFor(length + 1, 20_000);
    expect(receiver.requests.at(-1)?.headers['webhook-id']).toBe(id);
  });

  test('everything of before can be changed and deleted', async () => {
    await ok('PATCH', '/v1/teams/vision', { description: 'sees' });
    await ok('PATCH', `/v1/automations/${world.automations['linked']}`, { description: 'changed' });
    const { keys } = await ok('GET', '/v1/keys?team=vision');
    const [key] = keys as { id: string }[];
    await ok('PATCH', `/v1/keys/${key?.id}`, { name: 'renamed' });
    await ok('DELETE', `/v1/keys/${key?.id}`);
    for (const id of Object.values(world.automations)) await ok('DELETE', `/v1/automations/${id}`);
    for (const id of Object.values(world.integrations)) await ok('DELETE', `/v1/integrations/${id}`);
    for (const secret of ['TOKEN', 'SIGNING']) await ok('DELETE', `/v1/teams/vision/secrets/${secret}`);
  });

  test('nothing was buried and no function failed', () => {
    expect(runtime.log.filter(({ stage }) => stage === 'error')).toEqual([]);
  });
});

/** Once the matcher said that it has dealt with events of a run. */
async function untilMatched({ log }: LocalRuntime, run: string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    if (log.some(({ stage, subject }) => stage === 'event.matched' && subject === `run vision/mnist/${run}`))
      return;
    await sleep(50);
  }
  throw new Error(`nothing of ${run} was matched`);
}

/** What `npm run upgrade` does to the items of a runtime's table. */
async function upgraded({ endpoints }: LocalRuntime) {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const table = openTable(topology.name);
  try {
    return await upgradeItems(table, { withRegistries: true });
  } finally {
    table.client.destroy();
  }
}
