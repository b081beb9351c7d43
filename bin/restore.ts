import { openTable } from '../store/client.ts';
import { restoreConfiguration } from '../store/restore.ts';
import { DeployedStack, physicalIdOf } from './deployed-stack.ts';
import { checkedStage, operate, Refusal } from './operate.ts';
import { restoredLines } from './restored-text.ts';

const help = `npm run restore -- --from <table> [options]    brings back configuration that is missing, from a copy of the table

  --from <table>    a copy, as "aws dynamodb restore-table-to-point-in-time" makes one
  --stage <name>    the deployment that misses something (dev)
  --dry-run         only counts
  --help            prints this

It works in the account and region of your AWS environment, and overwrites nothing.`;

const options = {
  from: { type: 'string' },
  stage: { type: 'string', default: 'dev' },
  'dry-run': { type: 'boolean', default: false },
} as const;

await operate(help, options, async ({ from, stage, 'dry-run': isDryRun = false }) => {
  if (!from) throw new Refusal('--from must name the table that holds the copy.', 2);
  const stack = new DeployedStack(checkedStage(stage));
  const table = physicalIdOf(await stack.resources(), 'StorageTable');
  if (table === undefined)
    throw new Refusal(`There is no stack ${stack.name} with a table in this account and region.`);
  if (table === from) throw new Refusal(`${from} is the table of ${stack.name} itself.`, 2);
  const restored = await restoreConfiguration(openTable(from), openTable(table), { isDryRun });
  for (const line of restoredLines(restored, { from, isDryRun })) console.log(line);
  return true;
});
