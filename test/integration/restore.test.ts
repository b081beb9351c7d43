import { CreateTableCommand, DescribeTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { newRunMemory } from '../../core/runs/memory.ts';
import { scopeKey } from '../../core/scope.ts';
import {
  createAutomation,
  deleteAutomation,
  listAutomations,
  readAutomation,
} from '../../store/automations.ts';
import { openTable, type Table } from '../../store/client.ts';
import { putDelivery, readDelivery } from '../../store/deliveries.ts';
import { restoreConfiguration } from '../../store/restore.ts';
import { loadRun, saveRun } from '../../store/runs.ts';
import { createTeam, readTeam } from '../../store/teams.ts';
import { readWatches, readWatchFeed } from '../../store/watches.ts';
import { aDefinition, aDelivery } from '../support/builders.ts';
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
  await restoreConfiguration(copy, table, { isDryRun: false });
  expect(await readAutomation(table, 'aut_2')).toBeDefined();
});
