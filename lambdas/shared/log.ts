/** One wide line per stage: what happened, with every id and count. Never payloads, never secrets. */
export interface StageLine {
  stage:
    | 'event.received'
    | 'event.matched'
    | 'delivery.attempted'
    | 'delivery.skipped'
    | 'sweep.done'
    | 'change.saved'
    | 'request.refused'
    | 'error';
  [field: string]: unknown;
}

/** Writes a stage's line to the log. */
export function logStage(line: StageLine): void {
  // biome-ignore lint/suspicious/noConsole: this is the one place that logs; Lambda's console is its log.
  console.log(JSON.stringify(line));
}

/** Writes a bug or an outage to the log, with where it came from. */
export function logError(error: unknown, fields: Record<string, unknown> = {}): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  logStage({ stage: 'error', name, message, stack, ...fields });
}
