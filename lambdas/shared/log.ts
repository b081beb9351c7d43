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

/** The line of a bug or an outage, with where it came from. */
export function errorLine(error: unknown, fields: Record<string, unknown> = {}): StageLine {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { stage: 'error', name, message, stack, ...fields };
}
