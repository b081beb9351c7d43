// Stands in for lambdas/dispatcher/send.ts, whose network test/prove/hostile.ts and addresses.ts prove by itself.
import { outcomeOfStatus } from '../../../core/retry.ts';
import { ambient } from '../ambient.ts';

interface Answered {
  durationMs: number;
  status?: number;
  retryAfter?: string;
  /** In the place of a status. */
  errorCode?: 'timeout' | 'reset' | 'connect';
}

export const HEAD_BYTES = 4 * 1_024;

export function makeSender() {
  return async (input: unknown) => {
    const answered = (await ambient.host.call('http', { kind: 'Request', input })) as Answered;
    const { durationMs, status, retryAfter, errorCode = 'reset' } = answered;
    if (status === undefined) {
      return { outcome: { kind: 'failed', code: errorCode }, errorCode, durationMs };
    }
    const outcome = outcomeOfStatus(status, retryAfter, ambient.host.now());
    return { outcome, status, durationMs, responseHead: 'ok' };
  };
}
