import type { Attempt } from './delivery.ts';

/** How long to wait after each failed attempt: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h. */
export const retryDelaysSeconds: readonly number[] = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/** The first attempt and one for each delay. */
export const maxAttempts = retryDelaysSeconds.length + 1;

/** Up to this share is added to each delay, so that a receiver that comes back is not met by everything at once. */
const JITTER = 0.2;

/** A receiver may ask us to wait, but not for longer than this. */
const MAX_RETRY_AFTER_SECONDS = 24 * 3_600;

/** Why an attempt ended a delivery for good. */
export type RefusalCode = 'blocked' | 'bad_request' | 'redirect' | 'gone' | 'http_status';

/** Why an attempt failed in a way that may pass. */
export type FailureCode =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'response_too_large'
  | 'http_status';

/** How one attempt ended. `refused` is final, `failed` may be tried again. */
export type Outcome =
  | { kind: 'delivered'; status: number }
  | { kind: 'refused'; code: RefusalCode; status?: number }
  | { kind: 'failed'; code: FailureCode; status?: number; retryAfterSeconds?: number };

/** What becomes of a delivery after an attempt. */
export type NextStep =
  | { status: 'delivered' }
  | { status: 'failed'; reason: RefusalCode | 'attempts_used_up' }
  | { status: 'pending'; retryAt: number };

/** How a recorded attempt ended; undefined when nobody knows. */
export function recordedOutcome(attempt: Attempt): Outcome | undefined {
  const { outcome, status, code, retryAfterSeconds } = attempt;
  if (outcome === 'unknown') return undefined;
  const said = { status, code, retryAfterSeconds };
  const known = Object.entries(said).filter(([, value]) => value !== undefined);
  return { kind: outcome, ...Object.fromEntries(known) } as Outcome;
}

const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** Judges an attempt by the status that was answered; `now` (ms) is what a Retry-After date is measured from. */
export function outcomeOfStatus(status: number, retryAfterHeader: string | undefined, now: number): Outcome {
  if (status >= 200 && status <= 299) return { kind: 'delivered', status };
  if (status >= 300 && status <= 399) return { kind: 'refused', code: 'redirect', status };
  if (status === 410) return { kind: 'refused', code: 'gone', status };
  if (status >= 400 && status <= 499 && !RETRIED_STATUSES.has(status)) {
    return { kind: 'refused', code: 'http_status', status };
  }
  const retryAfterSeconds = secondsToWait(retryAfterHeader, now);
  return {
    kind: 'failed',
    code: 'http_status',
    status,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/**
 * Decides what follows attempt number `attempt` (from 1). A retry comes after its delay, or after Retry-After where
 * that is later, plus up to 20 %: `random` is a number from 0 to 1. Times are in milliseconds.
 */
export function nextStep(outcome: Outcome, attempt: number, now: number, random: number): NextStep {
  if (outcome.kind === 'delivered') return { status: 'delivered' };
  if (outcome.kind === 'refused') return { status: 'failed', reason: outcome.code };
  const delaySeconds = retryDelaysSeconds[attempt - 1];
  if (delaySeconds === undefined) return { status: 'failed', reason: 'attempts_used_up' };
  const waitSeconds = Math.max(delaySeconds, outcome.retryAfterSeconds ?? 0) * (1 + JITTER * random);
  return { status: 'pending', retryAt: now + Math.round(waitSeconds * 1_000) };
}

/** The three forms of a date that RFC 9110 has recipients take; the last one, of asctime, names no zone. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} [\d:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/;

/** Retry-After in seconds or as an HTTP date, from 0 to 24 h; anything else says nothing. */
export function secondsToWait(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((momentOf(text) - now) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);
}

function momentOf(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
