import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTable } from '../../local/table.ts';
import { table as topology } from '../../local/topology.ts';
import { openTable, type Table } from '../../store/client.ts';

/** The table on an emulator of its own; `stop` removes it. */
export async function startStore(): Promise<{ table: Table; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
  const dynamo = await startTable(folder, { wasKilled: false });
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = dynamo.url;
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const table = openTable(topology.name);
  return {
    table,
    stop: async () => {
      table.client.destroy();
      await dynamo.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
