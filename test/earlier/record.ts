/**
 * Records what an earlier version leaves in the table and in the events queue: takes its sources from the history, runs
 * them on the packages of this version, and writes items and messages to a file beside this one.
 *
 *   node bin/node.mjs test/earlier/record.ts f336ac4 first-version
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { cleanUp, temporaryFolder } from '../support/local-runtime.ts';
import { startReceiver } from '../support/receiver.ts';
import { requester } from './requester.ts';
import { checkOut } from './sources.ts';
import { inProject, inRegistry, losses, makeEarlierWorld, respondTo } from './world.ts';

const [commit = '', name = ''] = process.argv.slice(2);
const folder = checkOut(commit);
const { startRuntime } = await import(join(folder, 'local/runtime.ts'));
const { packMessages } = await import(join(folder, 'core/event-message.ts'));

const runtime = await startRuntime({ dataFolder: temporaryFolder(), port: 0, print: () => {} });
const receiver = await startReceiver({ respond: respondTo(() => false) });
const world = await makeEarlierWorld(requester(runtime.url, runtime.adminKey), receiver);
const record = { commit, recordedAtMs: Date.now(), world, items: await items(), messages: messages() };
writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(record, undefined, 1)}\n`);
await receiver.stop();
await runtime.stop();
await cleanUp();

/** As DynamoDB writes them, bytes in base64. */
async function items(): Promise<unknown[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({
    endpoint: runtime.endpoints.dynamodb,
    region: 'us-east-1',
    credentials,
  });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'signalbox-local' }));
  return JSON.parse(
    JSON.stringify(Items, (_, value) => (value instanceof Uint8Array ? toText(value) : value)),
  );
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** What ingest had sent and nobody taken yet. */
function messages(): { groupId: string; dedupId: string; body: string }[] {
  const common = { team: 'vision', user: 'ada' };
  const events = [
    { type: 'artifact.linked', id: 'linked-queued', aliases: [], tags: [], metadata: {}, ...inRegistry },
    {
      type: 'artifact.alias_added',
      id: 'waiting-queued',
      alias: 'é',
      aliases: [],
      tags: [],
      metadata: {},
      ...inProject,
    },
    { id: 'queued-points', ...losses('queued', 0, [0.4, 0.3, 0.2]) },
  ];
  return packMessages(
    events.map((event) => ({ ...common, ...event })),
    { receivedAtMs: Date.now(), depth: 0 },
  );
}
