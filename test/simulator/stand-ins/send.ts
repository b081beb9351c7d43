// Stands in for lambdas/dispatcher/send.ts, whose network test/prove/hostile.ts and addresses.ts prove by itself.
import { outcomeOfStatus } from '../../../core/retry.ts';
import { ambient } from '../ambient.ts';

interface Answered {
  status?: number;
  retryAfter?: string;
  /** In the place of a status. */
  errorCode?: 'timeout' | 'reset' | 'connect';
}

export const HEAD_BYTES = 4 * 1_024;

export function makeSender() {
  return async (input: unknown) => {
    const { host } = ambient;
    const begunAtMs = host.now();
    const answered = (await host.call('http', { kind: 'Request', input })) as Answered;
    const { status, retryAfter, errorCode = 'reset' } = answered;
    // With the way there, as the true one counts it.
    const durationMs = host.now() - begunAtMs;
    if (status === undefined) {
      return { outcome: { kind: 'failed', code: errorCode }, errorCode, durationMs };
    }
    const outcome = outcomeOfStatus(status, retryAfter, host.now());
    return { outcome, status, durationMs, responseHead: 'ok' };
  };
}
