import { CreateTableCommand, DescribeTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import type { StoredKey } from '../../core/key.ts';
import { newRunMemory } from '../../core/runs/memory.ts';
import { scopeKey } from '../../core/scope.ts';
import { createKey, listKeys, readKey, revokeKey } from '../../store/api-keys.ts';
import {
  createAutomation,
  deleteAutomation,
  listAutomations,
  readAutomation,
  updateAutomation,
} from '../../store/automations.ts';
import { openTable, type Table } from '../../store/client.ts';
import { putDelivery, readDelivery } from '../../store/deliveries.ts';
import { createIntegration, listIntegrations } from '../../store/integrations.ts';
import { restoreConfiguration } from '../../store/restore.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { createTeam, readTeam } from '../../store/teams.ts';
import { readWatches, readWatchFeed } from '../../store/watches.ts';
import { aDefinition, aDelivery, aWebhookIntegration } from '../support/builders.ts';
import { startStore } from '../support/store-table.ts';

let table: Table;
let copy: Table;
let stop: () => Promise<void>;

/** A second table like the first one, as restoring to a point in time makes it. */
async function likeOf({ client, name }: Table): Promise<Table> {
  const { Table: made } = await client.send(new DescribeTableCommand({ TableName: name }));
  const TableName = `${name}-copy`;
  const { KeySchema, AttributeDefinitions } = made!;
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema,
      AttributeDefinitions: AttributeDefinitions?.filter(({ AttributeName = '' }) =>
        /^(pk|sk)$/.test(AttributeName),
      ),
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 }, { TableName });
  return openTable(TableName);
}

beforeAll(async () => {
  ({ table, stop } = await startStore());
  copy = await likeOf(table);
});

afterAll(async () => {
  copy?.client.destroy();
  await stop();
});

const definition = aDefinition({ name: 'kept' });
const automation = {
  head: {
    id: 'aut_1',
    team: definition.team,
    revision: 1,
    enabled: true,
    version: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
  },
  revision: {
    automationId: 'aut_1',
    revision: 1,
    definition,
    savedAtMs: 1,
    triggerSavedAtMs: 1,
    savedBy: 'key_1',
  },
};
const run = { team: 'vision', project: 'mnist', run: 'r1' };

test('configuration that is missing comes back, is watched again, and nothing that is there is overwritten', async () => {
  for (const each of [copy, table]) {
    await createTeam(each, {
      name: definition.team,
      description: '',
      createdAtMs: each === copy ? 1 : 2,
      version: 1,
    });
  }
  await createAutomation(copy, automation);
  await putDelivery(copy, aDelivery({ id: 'dlv_1' }), 1);
  await saveRun(copy, run, newRunMemory(), 1);
  const { version: before } = await readWatchFeed(table);

  const counted = await restoreConfiguration(copy, table, { isDryRun: true });
  expect(await readAutomation(table, 'aut_1')).toBeUndefined();
  const restored = await restoreConfiguration(copy, table, { isDryRun: false });
  expect(counted).toEqual(restored);
  expect(restored.missing).toBeGreaterThan(3);
  expect(restored.found).toBeGreaterThan(restored.missing);

  expect((await readAutomation(table, 'aut_1'))?.revision.definition).toEqual(definition);
  expect((await listAutomations(table, definition.team)).map(({ head }) => head.id)).toEqual(['aut_1']);
  expect(await readWatches(table, scopeKey(definition.scope))).toHaveLength(1);
  expect((await readTeam(table, definition.team))?.createdAtMs).toBe(2);
  // A cache that knew the feed as it was sees that it has missed more than the feed tells.
  const { version, recent } = await readWatchFeed(table);
  expect(version - before).toBeGreaterThan(recent.length);
});

test('the name of what came back is taken', async () => {
  const second = {
    head: { ...automation.head, id: 'aut_3' },
    revision: { ...automation.revision, automationId: 'aut_3' },
  };
  expect(await createAutomation(table, second)).toBe('name_taken');
});

test('deliveries and windows do not come back', async () => {
  expect(await readDelivery(table, 'dlv_1')).toBeUndefined();
  expect((await loadRun(table, run, 1)).version).toBe(0);
});

test('a second time there is nothing to do, and the caches are left alone', async () => {
  const { version } = await readWatchFeed(table);
  const { missing } = await restoreConfiguration(copy, table, { isDryRun: false });
  expect(missing).toBe(0);
  expect((await readWatchFeed(table)).version).toBe(version);
});

test('a name that was taken again meanwhile stays with who has it', async () => {
  await deleteAutomation(table, (await readAutomation(table, 'aut_1'))!);
  const second = {
    head: { ...automation.head, id: 'aut_2' },
    revision: { ...automation.revision, automationId: 'aut_2' },
  };
  expect(await createAutomation(table, second)).toBe('saved');
  const called = { noun: 'automation', id: 'aut_1', team: 'vision', name: 'kept' };
  for (const isDryRun of [true, false]) {
    const { missing, passedOver } = await restoreConfiguration(copy, table, { isDryRun });
    expect({ missing, passedOver }).toEqual({ missing: 0, passedOver: [called] });
  }
  // Its revisions stayed when it was deleted, and nothing else does.
  expect(await readAutomation(table, 'aut_1')).toBeUndefined();
  expect((await listAutomations(table, 'vision')).map(({ head }) => head.id)).toEqual(['aut_2']);
  const watches = await readWatches(table, scopeKey(definition.scope));
  expect(watches.map(({ automationId }) => automationId)).toEqual(['aut_2']);
});

test('one whose name is free again comes back', async () => {
  const renamed = aDefinition({ name: 'renamed' });
  const before = (await readAutomation(table, 'aut_2'))!;
  const head = { ...before.head, revision: 2, version: 2 };
  const revision = { ...before.revision, revision: 2, definition: renamed };
  expect(await updateAutomation(table, before, { head, revision })).toBe('saved');
  const { passedOver } = await restoreConfiguration(copy, table, { isDryRun: false });
  expect(passedOver).toEqual([]);
  expect((await readAutomation(table, 'aut_1'))?.revision.definition.name).toBe('kept');
});

test('an integration whose name is taken is passed over, and who sent to it is told', async () => {
  const action = { type: 'webhook', integration: 'int_old', payload: {} } as const;
  const sender = aDefinition({ name: 'sender', action });
  await createIntegration(copy, aWebhookIntegration({ id: 'int_old', name: 'receiver' }));
  await createIntegration(copy, aWebhookIntegration({ id: 'int_kept', name: 'other' }));
  await createAutomation(copy, {
    head: { ...automation.head, id: 'aut_sender' },
    revision: { ...automation.revision, automationId: 'aut_sender', definition: sender },
  });
  await createIntegration(table, aWebhookIntegration({ id: 'int_new', name: 'receiver' }));

  const { passedOver, withoutIntegration } = await restoreConfiguration(copy, table, { isDryRun: false });
  expect(passedOver).toEqual([{ noun: 'integration', id: 'int_old', team: 'vision', name: 'receiver' }]);
  expect(withoutIntegration).toEqual([
    { noun: 'automation', id: 'aut_sender', team: 'vision', name: 'sender' },
  ]);
  const ids = (await listIntegrations(table, 'vision')).map(({ id }) => id);
  expect(ids.sort()).toEqual(['int_kept', 'int_new']);
});

const aKey = (keyId: string, change: Partial<StoredKey> = {}): StoredKey => ({
  ...{ keyId, team: 'vision', role: 'sender', name: keyId, secretHash: 'hash' },
  ...{ version: 1, createdAtMs: 1, createdBy: 'key_0' },
  ...change,
});

test('a key that was revoked since then stays revoked, and the others are told', async () => {
  for (const id of ['key_leaked', 'key_lost']) await createKey(copy, aKey(id));
  await createKey(copy, aKey('key_there'));
  for (const id of ['key_leaked', 'key_there']) await createKey(table, aKey(id));
  await revokeKey(table, aKey('key_leaked'));

  const dryRun = await restoreConfiguration(copy, table, { isDryRun: true });
  const { revoked, inForce } = await restoreConfiguration(copy, table, { isDryRun: false });
  expect({ revoked, inForce }).toEqual({ revoked: dryRun.revoked, inForce: dryRun.inForce });
  expect(revoked).toEqual([{ id: 'key_leaked', name: 'key_leaked', team: 'vision', role: 'sender' }]);
  expect(inForce).toEqual([{ id: 'key_lost', name: 'key_lost', team: 'vision', role: 'sender' }]);
  const { things } = await listKeys(table, 'vision', { limit: 10 });
  expect(things.map(({ keyId }) => keyId)).toEqual(['key_lost', 'key_there']);
  expect(await readKey(table, 'key_leaked')).toBeUndefined();
});
