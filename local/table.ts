import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DescribeTableCommandOutput,
  DynamoDBClient,
  ResourceInUseException,
  ScalarAttributeType,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { credentials } from './aws-environment.ts';
import { type Listening, listen } from './listen.ts';
import { checkTableFolder } from './table-repair.ts';
import { region, table } from './topology.ts';
import { Trouble } from './trouble.ts';

/** Starts a DynamoDB that keeps its data in the folder `path`, with our table in it. */
export async function startTable(path: string, { wasKilled }: { wasKilled: boolean }): Promise<Listening> {
  await checkTableFolder(path, table.name, wasKilled).catch((error: unknown) => {
    throw new Trouble(`The table in ${path} is damaged: ${wayOut}`, { cause: error });
  });
  const running = await listen(dynalite({ path, createTableMs: 0 }), 0);
  const client = new DynamoDBClient({ region, endpoint: running.url, credentials });
  try {
    await createTable(client);
    await checkSchema(client);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  } finally {
    client.destroy();
  }
}

const wayOut = 'start with --fresh to empty the data folder, or name another folder with --data.';

async function createTable(client: DynamoDBClient): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableSchema()));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

/** A table from an older Signalbox may have other keys, which nothing here could work with. */
async function checkSchema(client: DynamoDBClient): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table.name }));
  if (keysOf(Table) === keysOf(tableSchema())) return;
  throw new Trouble(`The table is of another version of Signalbox: ${wayOut}`);
}

function keysOf(described: CreateTableCommandInput | DescribeTableCommandOutput['Table']): string {
  const { KeySchema, GlobalSecondaryIndexes = [] } = described ?? {};
  const indexes = GlobalSecondaryIndexes.map(({ IndexName, KeySchema }) =>
    JSON.stringify([IndexName, KeySchema]),
  );
  return JSON.stringify([KeySchema, indexes.sort()]);
}

/** The table as it is created. */
export function tableSchema(): CreateTableCommandInput {
  const keys = [table.keys, ...Object.values(table.indexes)];
  const attributes = new Map(
    keys.flatMap(({ hash, range }) => [hash, range]).map(({ name, type }) => [name, type]),
  );
  const keySchema = ({ hash, range }: typeof table.keys) => [
    { AttributeName: hash.name, KeyType: 'HASH' as const },
    { AttributeName: range.name, KeyType: 'RANGE' as const },
  ];
  return {
    TableName: table.name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map(([AttributeName, type]) => ({
      AttributeName,
      AttributeType: ScalarAttributeType[type],
    })),
    KeySchema: keySchema(table.keys),
    GlobalSecondaryIndexes: Object.entries(table.indexes).map(([IndexName, index]) => ({
      IndexName,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}
