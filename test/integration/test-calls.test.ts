import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let runtime: LocalRuntime;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver({
    respond: ({ path }) =>
      path.endsWith('chat.postMessage')
        ? { status: 200, body: '{"ok":true,"ts":"1.2"}' }
        : { status: 404, body: 'a page of the network' },
  });
  const api = receiver.url.replace('/hook', '/api');
  runtime = await startLocalRuntime({ environment: { SLACK_API_URL: api } });
  await runtime.request('POST', '/v1/teams', { name: 'vision' });
  await runtime.request('PUT', '/v1/teams/vision/secrets/BOT', { value: 'xoxb-the-bot-token' });
}, 60_000);

afterAll(async () => {
  await runtime?.stop();
  await receiver?.stop();
  await cleanUp();
});

interface Result {
  status: string;
  attempts: object[];
}

/** Makes an integration, tests it, and answers what its history says once the test is over. */
async function resultOf(
  integration: object,
  test: object,
  isOver = ({ status }: Result) => status !== 'pending',
): Promise<Result> {
  const made = await runtime.request('POST', '/v1/integrations', { team: 'vision', ...integration });
  const { id } = made.body as { id: string };
  const queued = await runtime.request('POST', `/v1/integrations/${id}/test`, test);
  expect(queued.status).toBe(202);
  const { result } = queued.body as { result: string };
  for (;;) {
    const { body } = await runtime.request('GET', result);
    if (isOver(body as Result)) return body as Result;
  }
}

test('a test call of Slack is posted, and its history shows the class of the answer', async () => {
  const slack = { type: 'slack', name: 'alerts', channel: '#alerts', token_secret: 'BOT' };
  const result = await resultOf(slack, { title: 'Hello from ${automation_name}', severity: 'WARN' });
  const [request] = receiver.requests;
  expect(request).toMatchObject({ method: 'POST', path: '/api/chat.postMessage' });
  expect(request!.headers.authorization).toBe('Bearer xoxb-the-bot-token');
  expect(request!.json).toMatchObject({
    channel: '#alerts',
    text: expect.stringMatching(/^Hello from Test of alerts: This is a test/),
  });
  expect(result).toMatchObject({
    status: 'delivered',
    attempts: [{ number: 1, outcome: 'delivered', answered: '2xx' }],
  });
  expect(JSON.stringify(result)).not.toContain('xoxb-the-bot-token');
}, 30_000);

test('a test call that reaches nobody says no more than that', async () => {
  const result = await resultOf(
    { type: 'webhook', name: 'blocked', url: 'https://localtest.invalid/' },
    {},
    ({ attempts }) => attempts.length > 0,
  );
  expect(result.attempts[0]).toMatchObject({ outcome: 'failed', answered: 'no' });
  expect(JSON.stringify(result)).not.toMatch(/"dns"|"connect"|"blocked"|127\.0/);
}, 30_000);

test('a test call of a webhook shows nothing of what answered', async () => {
  const result = await resultOf({ type: 'webhook', name: 'ci', url: receiver.url }, {});
  expect(result).toMatchObject({ status: 'failed', attempts: [{ outcome: 'refused', answered: '4xx' }] });
  expect(JSON.stringify(result)).not.toMatch(/a page of the network|"http_status":|duration/);
}, 30_000);
