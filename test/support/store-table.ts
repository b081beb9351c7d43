import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { startTable, tableSchema } from '../../local/table.ts';
import { table as topology } from '../../local/topology.ts';
import { openTable, type Table } from '../../store/client.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { startCloud } from './ministack.ts';

interface Database {
  endpoint: string;
  stop: () => Promise<void>;
}

/** Each starts a DynamoDB of its own with our table in it. */
const databases = {
  dynalite: startDynalite,
  dynamoDbLocal: async () => withTable(await startDynamoDbLocal()),
  cloud: async () => withTable(await startCloud()),
};

let database: keyof typeof databases = 'dynalite';

/** Has the suites that follow run on another database than the one of `npm start`. */
export function storeOn(name: keyof typeof databases): void {
  database = name;
}

/** The table on an emulator of its own; `stop` removes it. */
export async function startStore(): Promise<{ table: Table; stop: () => Promise<void> }> {
  const { endpoint, stop } = await databases[database]();
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = endpoint;
  Object.assign(process.env, environment);
  const table = openTable(topology.name);
  return {
    table,
    stop: async () => {
      table.client.destroy();
      await stop();
    },
  };
}

const environment = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

async function startDynalite(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
  const { url, stop } = await startTable(folder, { wasKilled: false });
  return {
    endpoint: url,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function withTable({ endpoint, stop }: Database): Promise<Database> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  await client.send(new CreateTableCommand(tableSchema()));
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: topology.name });
  return {
    endpoint,
    stop: async () => {
      // An emulator that was there before stays, and the next suite makes the table anew.
      await client.send(new DeleteTableCommand({ TableName: topology.name }));
      client.destroy();
      await stop();
    },
  };
}
