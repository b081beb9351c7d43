import type { Meter } from './meter.ts';

/** What Lambda's Node.js runtime writes before a line in the text format, which the stack leaves on. */
const LINE_PREFIX = '2026-11-24T12:00:00.000Z\t8f5e0c1e-0000-4000-8000-000000000000\tINFO\t';

/** Lambda's own lines about an invocation, which the stack leaves on. */
const OWN_LINES = [
  'START RequestId: 8f5e0c1e-0000-4000-8000-000000000000 Version: $LATEST',
  'END RequestId: 8f5e0c1e-0000-4000-8000-000000000000',
  'REPORT RequestId: 8f5e0c1e-0000-4000-8000-000000000000\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\tMax Memory Used: 123 MB\t',
];

export const OWN_LINES_BYTES = Buffer.byteLength(OWN_LINES.join('\n')) + 1;

/** A line of the gateway's access log, in the format of lib/http-api.ts with values as they are. */
export const ACCESS_LINE_BYTES = Buffer.byteLength(
  JSON.stringify({
    stage: 'request.served',
    requestId: 'Zp3aFh1tIAMEPrQ=',
    time: '1795521600000',
    ip: '203.0.113.17',
    routeKey: 'POST /v1/events',
    path: '/v1/events',
    status: '202',
    responseBytes: '12345',
    responseMs: '21',
    integrationMs: '18',
    integrationError: '-',
    authorizerError: '-',
  }),
);

/** Takes what functions log: counted by stage, and an error ends the bench. Answers how to stop that. */
export function captureLog(meter: Meter): () => void {
  const { log } = console;
  console.log = (line: string) => {
    const stage = /^\{"stage":"([^"]+)"/.exec(line)?.[1] ?? 'other';
    if (stage === 'error') throw new Error(`a function logged an error: ${line}`);
    meter.add(`log/${stage} lines`, Buffer.byteLength(LINE_PREFIX) + Buffer.byteLength(line) + 1);
  };
  return () => {
    console.log = log;
  };
}
