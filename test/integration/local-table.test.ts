import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import storage from 'dynalite/db/index.js';
import { type Listening, listen } from '../../local/listen.ts';
import { startTable } from '../../local/table.ts';
import { table } from '../../local/topology.ts';
import { cleanUp, temporaryFolder } from '../support/local-runtime.ts';

let folder: string;
let running: Listening | undefined;
let client: DynamoDBClient;

function connect(url: string) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ region: 'us-east-1', endpoint: url, credentials });
}

async function start(wasKilled = false) {
  running = await startTable(folder, { wasKilled });
  connect(running.url);
}

async function stop() {
  client?.destroy();
  await running?.stop();
  running = undefined;
}

beforeEach(() => {
  folder = join(temporaryFolder(), 'table');
});

afterEach(async () => {
  await stop();
  await cleanUp();
});

const item = (pk: string, due: number) => ({
  pk: { S: pk },
  sk: { S: 'DELIVERY' },
  dueShard: { S: 'due#1' },
  sweepAt: { N: String(due) },
  more: { S: 'x' },
});

const put = (Item: ReturnType<typeof item>) =>
  client.send(new PutItemCommand({ TableName: table.name, Item }));

async function due() {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'due',
      KeyConditionExpression: 'dueShard = :shard',
      ExpressionAttributeValues: { ':shard': { S: 'due#1' } },
    }),
  );
  return Items;
}

const keysOnly = (pk: string, sweepAt: number) => {
  const { more: _, ...keys } = item(pk, sweepAt);
  return keys;
};

test('the table keeps its items and indexes over a restart', async () => {
  await start();
  await put(item('b', 2));
  await put(item('a', 10));
  expect(await due()).toEqual([keysOnly('b', 2), keysOnly('a', 10)]);
  await stop();
  await start();
  expect(await due()).toEqual([keysOnly('b', 2), keysOnly('a', 10)]);
});

/** Does to the folder what a process does that is killed between an index and its item. */
async function tear() {
  const store = storage.create({ path: folder });
  await store.db.open();
  const schema = (await promisify(store.tableDb.get)(table.name))!;
  const index = schema.GlobalSecondaryIndexes!.find(({ IndexName }) => IndexName === 'due')!;
  const key = (entry: ReturnType<typeof keysOnly>) => storage.createIndexKey(entry, schema, index.KeySchema);
  await promisify(store.getIndexDb('Global', table.name, 'due').batch)([
    { type: 'del', key: key(keysOnly('kept', 1)) },
    { type: 'put', key: key(keysOnly('kept', 99)), value: keysOnly('kept', 99) },
    { type: 'put', key: key(keysOnly('never written', 3)), value: keysOnly('never written', 3) },
  ]);
  schema.TableStatus = 'CREATING';
  await promisify(store.tableDb.put)(table.name, schema);
  await store.db.close();
}

test('after a kill the indexes agree with the items again', async () => {
  await start();
  await put(item('kept', 1));
  await put(item('untouched', 5));
  await stop();
  await tear();
  await start(true);
  expect(await due()).toEqual([keysOnly('kept', 1), keysOnly('untouched', 5)]);
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table.name }));
  expect(Table?.TableStatus).toBe('ACTIVE');
});

test('a table with other keys is refused in a sentence', async () => {
  running = await listen(dynalite({ path: folder, createTableMs: 0 }), 0);
  connect(running.url);
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await stop();
  await expect(startTable(folder, { wasKilled: false })).rejects.toThrow(/another version .* --fresh/);
  await expect(startTable(folder, { wasKilled: true })).rejects.toThrow(/another version .* --fresh/);
});

test('a damaged folder is refused in a sentence', async () => {
  await start();
  await stop();
  writeFileSync(join(folder, 'CURRENT'), 'garbage');
  await expect(startTable(folder, { wasKilled: false })).rejects.toThrow(/damaged: start with --fresh/);
});
