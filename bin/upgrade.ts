import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import { INDEXES_CONTEXT, nextIndexes, type TableIndexes, tableIndexes } from '../lib/table-indexes.ts';
import { openTable } from '../store/client.ts';
import { upgradeItems } from '../store/upgrade.ts';
import { DeployedStack, physicalIdOf } from './deployed-stack.ts';
import { checkedStage, operate, Refusal } from './operate.ts';

const help = `npm run upgrade -- --stage <name> [options]    brings a deployment of an earlier version, with its data, to this one

  --stage <name>            which one (dev)
  -c, --context name=value  a setting, as "cdk deploy" takes it; as often as needed
  --yes                     deploys without asking, also where rights change
  --dry-run                 only says what it would deploy
  --help                    prints this

It runs "cdk deploy" as often as CloudFormation needs to change the table's indexes, one at a time. What was interrupted goes
on where it stopped when it is run again. It works in the account and region of your AWS environment.`;

const options = {
  stage: { type: 'string', default: 'dev' },
  context: { type: 'string', short: 'c', multiple: true, default: [] as string[] },
  yes: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const;

const POLL_MS = 2_000;
const dynamo = new DynamoDBClient({});

/** The table's indexes, once none of them is being made or deleted. */
async function indexesOf(TableName: string): Promise<TableIndexes> {
  for (;;) {
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
    const parts = [
      Table?.TableStatus,
      ...(Table?.GlobalSecondaryIndexes ?? []).map((each) => each.IndexStatus),
    ];
    // Emulators leave the status of an index out.
    if (parts.every((status) => (status ?? 'ACTIVE') === 'ACTIVE')) return keysOf(Table);
    await sleep(POLL_MS);
  }
}

function keysOf({
  AttributeDefinitions = [],
  GlobalSecondaryIndexes = [],
}: TableDescription = {}): TableIndexes {
  const types = new Map(AttributeDefinitions.map((each) => [each.AttributeName, each.AttributeType]));
  return Object.fromEntries(
    GlobalSecondaryIndexes.map(({ IndexName = '', KeySchema = [] }) => {
      const [partition = '', sort = ''] = KeySchema.map(
        ({ AttributeName }) => `${AttributeName}:${types.get(AttributeName)}`,
      );
      return [IndexName, [partition, sort] as const];
    }),
  );
}

/** The indexes after each deployment that is to come: at least one, which brings the new code. */
function stepsFrom(deployed: TableIndexes): TableIndexes[] {
  const steps: TableIndexes[] = [];
  for (let next = nextIndexes(deployed, tableIndexes); next; next = nextIndexes(next, tableIndexes))
    steps.push(next);
  return steps.length > 0 ? steps : [tableIndexes];
}

async function deploy(stage: string, indexes: TableIndexes, given: { context: string[]; yes: boolean }) {
  const settings = [...given.context, `stage=${stage}`, `${INDEXES_CONTEXT}=${JSON.stringify(indexes)}`];
  const args = settings.flatMap((setting) => ['-c', setting]);
  if (given.yes) args.push('--require-approval', 'never');
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [cdk, 'deploy', ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0)
    throw new Refusal('cdk deploy failed, and the deployment is as before. Run this again to go on.');
}

async function upgradeTable(name: string, withRegistries: boolean): Promise<void> {
  const { items, changed, registries } = await upgradeItems(openTable(name), { withRegistries });
  console.log(`${items} items in ${name}, ${changed} of them brought up to date`);
  for (const registry of registries)
    console.log(`registry ${registry} made: every team is a member, as before`);
}

await operate(help, options, async ({ stage: given, context = [], yes = false, 'dry-run': isDryRun }) => {
  const stage = checkedStage(given);
  const stack = new DeployedStack(stage);
  const table = physicalIdOf(await stack.resources(), 'StorageTable');
  if (table === undefined)
    throw new Refusal(`There is no stack ${stack.name} with a table here: "cdk deploy" makes a new one.`);
  const deployed = await indexesOf(table);
  const steps = stepsFrom(deployed);
  const isOutdated = nextIndexes(deployed, tableIndexes) !== undefined;
  console.log(`deployments to come: ${steps.length}`);
  for (const indexes of steps) console.log(`  with the indexes ${Object.keys(indexes).join(', ')}`);
  if (isDryRun) return true;
  // Before the new code, which could not read some of it, and after it, for what the old code wrote meanwhile.
  await upgradeTable(table, isOutdated);
  for (const indexes of steps) {
    await deploy(stage, indexes, { context, yes });
    await indexesOf(table);
  }
  await upgradeTable(table, false);
  return true;
});
