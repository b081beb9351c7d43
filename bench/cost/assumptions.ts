import { priceSource, prices } from '../prices.ts';
import { WEBHOOK_BYTES } from './bill.ts';
import { assumedWaits } from './counting-clients.ts';
import { RECEIVER_MS } from './functions.ts';
import { RATE, WEBHOOK_CPU_MS } from './replay.ts';
import type { SdkTime } from './sdk-time.ts';
import { projects, RUNS, watched } from './workload.ts';

/** What the ledger takes for granted. */
export function assumptions(sdk: SdkTime, eventsAside: number): string {
  const recalled = Object.entries(prices).filter(([, price]) => 'isRecalled' in price);
  const sdkTimes = `${sdk.read.toFixed(2)} ms a read, ${sdk.write.toFixed(2)} a write, ${sdk.send.toFixed(2)} a send`;
  const lines = [
    `prices: ${priceSource}; from memory: ${recalled.map(([name]) => name).join(', ')}`,
    'counted: requests, chunks, write and read units, invocations, bytes. Estimated: GB-seconds only',
    `GB-seconds: own CPU as measured here × 1,769 MB / memory, AWS’s SDK as measured here (${sdkTimes}),`,
    `  waits assumed at ${Object.entries(assumedWaits)
      .map(([kind, ms]) => `${kind} ${ms} ms`)
      .join(', ')}, receivers at ${RECEIVER_MS} ms, webhook CPU at ${WEBHOOK_CPU_MS} ms; no cold starts`,
    `workload: ${projects.length} projects with automations on ${watched.join(', ')} and on aliases, one in five on run states;`,
    `  ${RUNS} runs at a time; automations that fire do so every time; each webhook is answered by 200`,
    'requests: the events of one request come from one run, as clients batch by run; the last line mixes a team’s runs',
    `time: ${RATE} events a second, one warm instance of each function; the sweeper runs each minute`,
    'busy queues: ten messages a receive, which takes about a thousand messages a second;',
    '  quiet queues: one message a receive; the truth lies between',
    `scaled up: quiet queues and mixed runs are replayed on ${eventsAside.toLocaleString('en')} events`,
    'logs: the lines of the functions as they are, without Lambda’s own, and the gateway’s access log',
    `egress: ${WEBHOOK_BYTES} B a webhook, and the answers to requests`,
    'left out: polls of empty queues, alarms, secrets kept ($0.40 a month each), log storage, cold starts, retries',
  ];
  return `# assumptions\n${lines.join('\n')}`;
}
