import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextStep } from '../../core/retry.ts';
import { outcomeOfSlack, slackErrors } from '../../core/slack-outcome.ts';

const judge = outcomeOfSlack;

describe('chat.postMessage', () => {
  test('has posted when it says so, also where its answer was cut', () => {
    expect(judge(200, '{"ok":true,"channel":"C1","ts":"1.2","message":{"text":"x')).toEqual({
      kind: 'delivered',
      status: 200,
    });
  });

  test('refuses with status 200: the string stands with the outcome', () => {
    expect(judge(200, '{"ok":false,"error":"not_in_channel","warning":"missing_charset"}')).toEqual({
      kind: 'refused',
      code: 'http_status',
      status: 200,
      slackError: 'not_in_channel',
    });
  });

  test.each(Object.entries(slackErrors))(
    '%s is judged by the table, whichever way it is said',
    (error, { verdict }) => {
      const answers = [
        judge(200, `{"ok":false,"error":"${error}"}`),
        judge(400, error),
        judge(403, `${error}\n`),
      ];
      for (const outcome of answers) {
        expect(outcome.slackError).toBe(error);
        if (verdict === 'passing') expect(outcome.kind).toBe('failed');
        else
          expect(outcome).toMatchObject({
            kind: 'refused',
            code: verdict === 'gone' ? 'gone' : 'http_status',
          });
      }
    },
  );

  test.each([
    ['a string that nobody knows', '{"ok":false,"error":"brand_new_error"}'],
    ['no string', '{"ok":false}'],
    ['a string that is a part of every object', '{"ok":false,"error":"constructor"}'],
  ])('a refusal with %s is final', (_what, body) => {
    expect(judge(200, body)).toMatchObject({ kind: 'refused', code: 'http_status' });
  });

  test.each([
    ['{"ok":false,"error":"not_in_channel","response_metadata":{"mess', 'not_in_channel'],
    [' { "ok" : false , "error" : "not_in_channel" , "response', 'not_in_channel'],
    ['{"ok":false,"warning":"missing_ch', undefined],
  ])('that was cut behind its refusal is a refusal: %s', (body, slackError) => {
    expect(judge(200, body)).toMatchObject({ kind: 'refused', code: 'http_status' });
    expect(judge(200, body).slackError).toBe(slackError);
  });

  test.each([
    ['of one letter', 'x', false],
    ['of two', 'xy', true],
    ['of 64', 'x'.repeat(64), true],
    ['of 65', 'x'.repeat(65), false],
    ['with anything before', '<b> not_in_channel', false],
    ['with anything behind', 'not_in_channel <b>', false],
  ])('shows what may be a string of Slack’s, and nothing else: one %s', (_what, error, isShown) => {
    for (const body of [`{"ok":false,"error":"${error}"}`, `{"ok":false,"error":"${error}","cut`]) {
      const outcome = judge(200, body);
      expect(outcome.kind).toBe('refused');
      expect(outcome.slackError).toBe(isShown ? error : undefined);
    }
  });

  test('has posted although a string stands beside it, and shows no number as one', () => {
    expect(judge(200, '{"ok":true,"error":"not_in_channel"}')).toEqual({ kind: 'delivered', status: 200 });
    expect(judge(200, '{"ok":false,"error":12}')).not.toHaveProperty('slackError');
  });

  test.each([
    '',
    '<html>a proxy</html>',
    '{"ok"',
    'OK then',
    'ok then',
    'is it ok',
    '{"fine":{"ok":true}}',
    '{"ok":"yes"}',
    'proxy: {"ok":true,"channel":"C',
    '{"proxy":1,"ok":true,"channel":"C',
  ])('an answer with 200 that is not Slack’s (%j) may pass', (body) => {
    expect(judge(200, body)).toMatchObject({ kind: 'failed', code: 'http_status' });
  });
});

describe('an incoming webhook', () => {
  test.each([
    [200, 'ok', 'delivered', undefined],
    [400, 'invalid_payload', 'refused', 'http_status'],
    [403, 'action_prohibited', 'refused', 'http_status'],
    [404, 'channel_not_found', 'refused', 'http_status'],
    [404, 'no_service', 'refused', 'gone'],
    [410, 'channel_is_archived', 'refused', 'gone'],
    [410, '', 'refused', 'gone'],
    [404, '<html>', 'refused', 'http_status'],
    [404, 'there is no_service here', 'refused', 'http_status'],
    [404, 'no_service: sorry', 'refused', 'http_status'],
    [400, '', 'refused', 'http_status'],
    [500, 'rollup_error', 'failed', 'http_status'],
    [500, '', 'failed', 'http_status'],
    [503, '', 'failed', 'http_status'],
    [408, '', 'failed', 'http_status'],
    [300, 'ok', 'refused', 'redirect'],
    [302, '', 'refused', 'redirect'],
    [399, 'ok', 'refused', 'redirect'],
  ])('%i %j: %s', (status, body, kind, code) => {
    expect(judge(status, body)).toMatchObject({ kind, ...(code && { code }) });
  });
});

test('Slack’s pace is kept by the schedule of retries', () => {
  const outcome = judge(429, '{"ok":false,"error":"ratelimited"}', 30);
  expect(outcome).toEqual({
    ...{ kind: 'failed', code: 'http_status', status: 429 },
    ...{ slackError: 'ratelimited', retryAfterSeconds: 30 },
  });
  expect(nextStep(outcome, 1, 0, 0)).toEqual({ status: 'pending', retryAt: 30_000 });
});

test('docs/actions.md has the same table of strings', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/actions.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (passing|refused|gone) \| (.+) \|$/gm)];
  const documented = Object.fromEntries(
    rows.map(([, error = '', verdict, advice]) => [error, { verdict, advice }]),
  );
  expect(documented).toEqual(slackErrors);
});
