import { judged } from '../../lambdas/dispatcher/judged.ts';
import type { SendResult } from '../../lambdas/dispatcher/send.ts';

const request = {
  integrationId: 'int_1',
  method: 'POST',
  url: 'https://slack.com/api',
  headers: {},
  body: '',
} as const;
const prepared = (isSlack: boolean) => ({ request, mask: (text: string) => text, longestSecret: 0, isSlack });
const answered: SendResult = { outcome: { kind: 'delivered', status: 200 }, durationMs: 5, status: 200 };

test('Slack’s refusal with status 200 is one', () => {
  const result = { ...answered, responseHead: '{"ok":false,"error":"is_archived"}' };
  expect(judged(prepared(true), result)).toEqual({
    ...result,
    outcome: { kind: 'refused', code: 'http_status', status: 200 },
    slackError: 'is_archived',
  });
  expect(judged(prepared(false), result)).toBe(result);
});

test('what stands in the place of Slack’s string is masked: it is a reason that everybody reads', () => {
  const masking = { ...prepared(true), mask: (text: string) => text.replaceAll('correct_horse', '***') };
  const result = { ...answered, responseHead: '{"ok":false,"error":"correct_horse"}' };
  expect(judged(masking, result)).toMatchObject({ slackError: '***', outcome: { kind: 'refused' } });
});

test('Slack’s Retry-After is kept, and what did not come to an answer stays as it is', () => {
  const limited: SendResult = {
    ...answered,
    status: 429,
    outcome: { kind: 'failed', code: 'http_status', status: 429, retryAfterSeconds: 7 },
    responseHead: 'ratelimited',
    retryAfterSeconds: 7,
  };
  expect(judged(prepared(true), limited)).toMatchObject({
    outcome: { kind: 'failed', retryAfterSeconds: 7 },
  });
  const lost: SendResult = { outcome: { kind: 'failed', code: 'dns' }, durationMs: 5, errorCode: 'dns' };
  expect(judged(prepared(true), lost)).toBe(lost);
});
