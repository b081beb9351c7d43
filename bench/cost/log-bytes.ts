import type { Meter } from './meter.ts';

/** A line of the gateway's access log, in the format of lib/http-api.ts with values as they are. */
export const ACCESS_LINE_BYTES = Buffer.byteLength(
  JSON.stringify({
    stage: 'request.served',
    requestId: 'Zp3aFh1tIAMEPrQ=',
    ip: '203.0.113.17',
    routeKey: 'POST /v1/events',
    path: '/v1/events',
    status: '202',
    ms: '21',
    integrationError: '-',
    authorizerError: '-',
  }),
);

/**
 * Takes what functions log: counted by stage, and an error ends the bench. Answers how to stop that. Lines go out as
 * they are, and Lambda adds none of its own (lib/lambda-function.ts).
 */
export function captureLog(meter: Meter): () => void {
  const { write } = process.stdout;
  process.stdout.write = ((text: string) => {
    const stage = /^\{"stage":"([^"]+)"/.exec(text)?.[1];
    if (stage === undefined) return write.call(process.stdout, text);
    if (stage === 'error') throw new Error(`a function logged an error: ${text}`);
    meter.add(`log/${stage} lines`, Buffer.byteLength(text));
    return true;
  }) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}
