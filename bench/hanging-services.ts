/** The services that bench/hanging.ts talks to, in a process of their own: `emulators` or `receivers`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../local/listen.ts';
import { startQueues } from '../local/queues.ts';
import { startTable } from '../local/table.ts';
import { queues } from '../local/topology.ts';

async function startEmulators(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-hanging-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const table = await startTable(join(folder, 'table'), { wasKilled: false });
  const sqs = await startQueues(join(folder, 'queues.db'), Object.values(queues));
  const { events, deliveries } = queues;
  return {
    ...{ dynamodb: table.url, sqs: sqs.url },
    queue: sqs.queueUrl(deliveries.name),
    ...{ events: sqs.queueUrl(events.name), eventsDeadLetters: sqs.queueUrl(events.deadLetters.name) },
    deliveriesDeadLetters: sqs.queueUrl(deliveries.deadLetters.name),
  };
}

/** One endpoint answers at once and tells when each webhook came; the other takes requests and says nothing. */
async function startReceivers(): Promise<object> {
  const quick = createServer((request, answer) => {
    process.send?.({ id: request.headers['webhook-id'], atMs: Date.now() });
    request.resume().on('end', () => answer.end('ok'));
  });
  const hanging = createServer((request) => request.resume());
  return { quick: (await listen(quick, 0)).url, hanging: (await listen(hanging, 0)).url };
}

process.on('disconnect', () => process.exit());
process.send?.(await (process.argv[2] === 'emulators' ? startEmulators() : startReceivers()));
