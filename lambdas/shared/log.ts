import { functionName } from './env.ts';
import { metricFields } from './metrics.ts';

/** One wide line per stage: what happened, with every id and count. Never payloads, never secrets. */
export interface StageLine {
  stage:
    | 'event.received'
    | 'event.matched'
    | 'delivery.attempted'
    | 'delivery.skipped'
    | 'delivery.waiting'
    | 'integration.disabled'
    | 'sweep.done'
    | 'events.redriven'
    | 'canary.passed'
    | 'canary.failed'
    | 'deliveries.cleared'
    | 'resend.advanced'
    | 'change.saved'
    | 'request.refused'
    | 'table.throttled'
    | 'error';
  [field: string]: unknown;
}

/** Writes a stage's line to the log, with its metrics. */
export function logStage(line: StageLine): void {
  const whole = { ...line, ...metricFields(line, functionName, Date.now()) };
  // Not by the console, around which Lambda puts an envelope of its own.
  process.stdout.write(`${JSON.stringify(whole)}\n`);
}

/** The line of a bug or an outage, with where it came from. */
export function errorLine(error: unknown, fields: Record<string, unknown> = {}): StageLine {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { stage: 'error', name, message, stack, ...fields };
}
