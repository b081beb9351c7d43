import { outcomeOfSlack } from '../../core/slack-outcome.ts';
import type { Prepared } from './prepare.ts';
import type { SendResult } from './send.ts';

/** A result with Slack's own string for what is wrong, where it gave one. */
export type JudgedResult = SendResult & { slackError?: string };

/**
 * The result of a request, judged by what the one who answered means: Slack refuses with status 200. Its string is kept
 * and shown, so what else stands in its place must not be seen there.
 */
export function judged(
  { isSlack, mask }: Extract<Prepared, { request: unknown }>,
  result: SendResult,
): JudgedResult {
  const { status, responseHead = '', retryAfterSeconds } = result;
  if (!isSlack || status === undefined) return result;
  const { slackError, ...said } = outcomeOfSlack(status, responseHead, retryAfterSeconds);
  return { ...result, outcome: said, ...(slackError !== undefined && { slackError: mask(slackError) }) };
}
