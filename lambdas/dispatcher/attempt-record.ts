import type { Attempt } from '../../core/delivery.ts';
import { maskedHeaders } from '../../core/masking.ts';
import type { Prepared } from './prepare.ts';
import { HEAD_BYTES, type SendResult } from './send.ts';

/** An attempt as the history keeps it: with its secrets and signatures masked, also secrets that the receiver echoed. */
export function attemptRecord(
  { number, startedAtMs, isProbe }: { number: number; startedAtMs: number; isProbe: boolean },
  { request, mask, longestSecret }: Extract<Prepared, { request: unknown }>,
  { outcome, durationMs, status, responseHead }: SendResult,
): Attempt {
  const { method, url, headers, body } = request;
  return {
    number,
    startedAtMs,
    durationMs,
    outcome: outcome.kind,
    ...(status !== undefined && { status }),
    ...('code' in outcome && { code: outcome.code }),
    ...('retryAfterSeconds' in outcome && { retryAfterSeconds: outcome.retryAfterSeconds }),
    ...(isProbe && { probe: true as const }),
    request: { method, url: mask(url), headers: maskedHeaders(headers, mask), body: mask(body) },
    ...(responseHead !== undefined && { response: maskedHead(responseHead, mask, longestSecret) }),
  };
}

/** Masks an answer's head. One that was cut may end in a part of a secret, so as much as that could be goes. */
function maskedHead(text: string, mask: (text: string) => string, longestSecret: number): string {
  // The cut may have taken up to three bytes of a letter with it.
  const wasCut = Buffer.byteLength(text) > HEAD_BYTES + longestSecret - 4;
  const masked = mask(text);
  return (wasCut ? masked.slice(0, Math.max(0, masked.length - longestSecret)) : masked).slice(0, HEAD_BYTES);
}
