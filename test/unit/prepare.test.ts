import { coarseAttempt, coarseReason, testDelivery } from '../../core/actions/test-call.ts';
import { parseAllowedRanges } from '../../core/address.ts';
import type { Integration } from '../../core/integration.ts';
import { Secret } from '../../core/secret.ts';
import { type PrepareDeps, prepare } from '../../lambdas/dispatcher/prepare.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import { aDefinition, aDelivery, aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';
import { anAutomation } from '../support/dispatch-doubles.ts';

const values: Record<string, string> = {
  TOKEN: 'token-token',
  PASSWORD: 'pass"word-1',
  KEY: 'the-api-key',
  SIGNING: 'signing-signing',
  PREVIOUS: 'previous-previous',
  DEPLOY: 'deploy-"secret"',
  LINES: 'two\nlines-of-it',
  SLACK_TOKEN: 'xoxb-1-slack-token',
  HOOK: 'https://hooks.slack.com/services/T01/B02/abcdefghijkl',
  TEAMS:
    ' https://prod-1.westus.logic.azure.com:443/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=1&sig=Abc-def_0123456789xyz\n',
};

function setUp(integration: Integration, action?: object, change: Partial<PrepareDeps> = {}) {
  const read: string[] = [];
  const own = {
    integration: integration.id,
    ...(integration.type === 'slack' ? { title: '', message: '', severity: 'INFO' } : { payload: { a: 1 } }),
  };
  const definition = aDefinition({ action: { type: integration.type, ...own, ...action } as never });
  const deps: PrepareDeps = {
    ...anAutomation({ definition }),
    readIntegration: async () => integration,
    readSecret: async (_team, name) => {
      read.push(name);
      const value = values[name];
      return value === undefined ? undefined : new Secret(value);
    },
    now: () => 1_700_000_000_999,
    ...change,
  };
  return {
    read,
    prepare: (delivery: Partial<StoredDelivery> = {}) =>
      prepare(aDelivery({ action: integration.type, ...delivery }), deps),
  };
}

async function requestOf(...parameters: Parameters<typeof setUp>) {
  const prepared = await setUp(...parameters).prepare();
  if ('ended' in prepared) throw new Error(prepared.reason);
  return prepared;
}

describe('a webhook', () => {
  test('goes out by the method and with the headers of its integration', async () => {
    const integration = aWebhookIntegration({
      method: 'PUT',
      headers: { 'x-env': 'production' },
      header_auth: { name: 'x-api-key', value_secret: 'KEY' },
      signing_secret: 'SIGNING',
    });
    const { request, paceKey, isSlack } = await requestOf(integration, { payload: { run: '${run_name}' } });
    expect(request).toMatchObject({ method: 'PUT', url: integration.url, body: '{"run":"calm-lake"}' });
    expect(
      Object.keys(request.headers)
        .map((name) => name.toLowerCase())
        .sort(),
    ).toEqual([
      'content-type',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
      'x-api-key',
      'x-env',
      'x-signalbox-depth',
      'x-wandb-signature',
    ]);
    expect(request.headers).toMatchObject({
      'x-api-key': 'the-api-key',
      'webhook-timestamp': '1700000000',
      'x-signalbox-depth': '2',
    });
    expect([paceKey, isSlack]).toEqual([undefined, false]);
  });

  test('goes to the URL that a secret holds, and nothing that would let others send there is seen', async () => {
    const integration = aWebhookIntegration({ url: undefined, url_secret: 'TEAMS' });
    const { request, mask } = await requestOf(integration);
    expect(request.url).toBe(values['TEAMS']!.trim().replace(':443', ''));
    const shown = mask(
      `POST ${request.url} to ${new URL(request.url).pathname} with sig Abc-def_0123456789xyz`,
    );
    expect(shown).toBe('POST *** to *** with sig ***');
    expect(mask('prod-1.westus.logic.azure.com')).toBe('prod-1.westus.logic.azure.com');
  });

  test.each([
    ['https://ci.example.com/hooks?token=abc-1234', 'no token abc-1234', 'no token ***'],
    ['https://ci.example.com/hooks?a=b&key=password', 'password is wrong', '*** is wrong'],
    ['https://ci.example.com/hooks?k=a%2Bb%2Fc%2Bd%3D', 'a+b/c+d= is wrong', '*** is wrong'],
    ['https://ci.example.com/t0ken-12/run?wait=1', 'no /t0ken-12 here', 'no /*** here'],
    ['https://ci.example.com/t0ken-12/services/run', 'services: run', 'services: run'],
    ['https://ci.example.com/notificationhub/x?k=1', 'notificationhub', 'notificationhub'],
    ['https://ci.example.com/Web-hooks/run?k=1', 'Web-hooks: run', 'Web-hooks: run'],
    ['https://ci.example.com/99-tokens/run?k=1', 'no 99-tokens here', 'no *** here'],
    ['https://ci.example.com/t0ken-50%/run?k=1', 'no t0ken-50% here', 'no *** here'],
    ['https://ci.example.com/hook?t0ken-0123', 'no t0ken-0123 here', 'no *** here'],
    ['https://ci.example.com/notificationhubs/x?k=1', 'notificationhubs', '***'],
    ['https://eo12345678.requests.example.com/', 'host eo12345678.requests', 'host ***.requests'],
  ])('with the secret URL %s shows of %j only %j', async (url, answer, shown) => {
    const integration = aWebhookIntegration({ url: undefined, url_secret: 'TEAMS' });
    const { mask } = await requestOf(integration, {}, { readSecret: async () => new Secret(url) });
    expect(mask(answer)).toBe(shown);
  });

  test('hides the token of a header also where it is repeated without its scheme', async () => {
    const integration = aWebhookIntegration({ header_auth: { name: 'authorization', value_secret: 'KEY' } });
    const readSecret = async () => new Secret('Token 0123-abcd');
    const { request, mask } = await requestOf(integration, {}, { readSecret });
    expect(request.headers['authorization']).toBe('Token 0123-abcd');
    expect(mask('invalid token 0123-abcd')).toBe('invalid token ***');
  });

  test.each([
    ['TOKEN', 'failed', 'secret_not_a_url: TOKEN'],
    ['NONE', 'failed', 'secret_missing: NONE'],
  ])('without a URL in the secret %s has %s: %s', async (url_secret, ended, reason) => {
    const integration = aWebhookIntegration({ url: undefined, url_secret });
    expect(await setUp(integration).prepare()).toEqual({ ended, reason });
  });

  test.each<[string, Partial<Parameters<typeof aWebhookIntegration>[0] & object>, string]>([
    ['Bearer', { access_token_secret: 'TOKEN' }, 'Bearer token-token'],
    [
      'Basic',
      { basic_auth: { username: 'bot', password_secret: 'PASSWORD' } },
      `Basic ${btoa('bot:pass"word-1')}`,
    ],
    ['its own scheme', { header_auth: { name: 'authorization', value_secret: 'KEY' } }, 'the-api-key'],
  ])('says who is calling by %s', async (_scheme, change, authorization) => {
    const { request, mask } = await requestOf(aWebhookIntegration(change));
    expect(request.headers['authorization']).toBe(authorization);
    expect(mask(authorization)).not.toMatch(/token|pass|key|[A-Za-z]{8}/);
    const quoted = Buffer.from(`authorization: ${authorization}`).toString('base64');
    expect(mask(quoted)).toBe('***');
  });

  test('reads those granted secrets alone that its payload names', async () => {
    const { read, prepare } = setUp(
      aWebhookIntegration({ access_token_secret: 'TOKEN', secrets: ['DEPLOY', 'KEY'] }),
      {
        payload: { key: '${DEPLOY}', token: '${ACCESS_TOKEN:json}', none: '${$}{KEY}' },
      },
    );
    expect(await prepare()).toMatchObject({
      request: { body: '{"key":"deploy-\\"secret\\"","token":"token-token","none":"${KEY}"}' },
    });
    expect(read).toEqual(['TOKEN', 'DEPLOY']);
  });

  test('has no secret in the place of a variable that does not apply', async () => {
    // Such a grant is refused when an integration is saved.
    const readSecret = async () => new Secret('the-secret-alias');
    const { request } = await requestOf(
      aWebhookIntegration({ secrets: ['alias'] }),
      { payload: '${alias}' },
      { readSecret },
    );
    expect(request.body).toBe('""');
  });

  test('gives a value that is a placeholder as it is', async () => {
    const { prepare } = setUp(aWebhookIntegration({ secrets: ['DEPLOY'] }), {
      payload: { a: '${run_name}', b: '${DEPLOY}' },
    });
    const prepared = await prepare({ facts: { run_name: '${DEPLOY}","x":"' } });
    expect(prepared).toMatchObject({
      request: { body: '{"a":"${DEPLOY}\\",\\"x\\":\\"","b":"deploy-\\"secret\\""}' },
    });
  });

  test.each<[string, Integration, object, string]>([
    ['a secret is gone', aWebhookIntegration({ signing_secret: 'GONE' }), {}, 'secret_missing: GONE'],
    [
      'a secret is no longer granted',
      aWebhookIntegration(),
      { payload: '${DEPLOY}' },
      'secret_not_granted: DEPLOY',
    ],
    [
      'there is no access token any more',
      aWebhookIntegration(),
      { payload: '${ACCESS_TOKEN}' },
      'secret_not_granted: ACCESS_TOKEN',
    ],
    [
      'the signing secret is named',
      aWebhookIntegration({ signing_secret: 'SIGNING' }),
      { payload: '${SIGNING}' },
      'secret_not_granted: SIGNING',
    ],
    [
      'a token has lines',
      aWebhookIntegration({ access_token_secret: 'LINES' }),
      {},
      'secret_not_for_headers: LINES',
    ],
    [
      'a secret header has lines',
      aWebhookIntegration({ header_auth: { name: 'x-a', value_secret: 'LINES' } }),
      {},
      'secret_not_for_headers: LINES',
    ],
    [
      'the body is too large',
      aWebhookIntegration(),
      { payload: Array(5_000).fill('${automation_name}'.repeat(10)) },
      'payload_too_large',
    ],
    [
      'the integration is of another type',
      aSlackIntegration(),
      { type: 'webhook', payload: 1 },
      'integration_of_other_type',
    ],
  ])('fails when %s', async (_what, integration, action, reason) => {
    expect(await setUp(integration, action).prepare()).toEqual({ ended: 'failed', reason });
  });
});

describe('a Slack message', () => {
  test('is posted with the bot token into the channel', async () => {
    const { request, mask, ...rest } = await requestOf(aSlackIntegration(), { title: 'Hello ${run_name}' });
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://slack.com/api/chat.postMessage',
      headers: {
        authorization: 'Bearer xoxb-1-slack-token',
        'content-type': 'application/json; charset=utf-8',
      },
    });
    expect(JSON.parse(request.body)).toMatchObject({
      channel: 'C0123456789',
      text: expect.stringMatching(/^Hello calm-lake: /),
    });
    expect(mask(request.headers['authorization']!)).toBe('Bearer ***');
    expect(rest).toMatchObject({ isSlack: true, paceKey: expect.any(String), paceMs: 1_000 });
  });

  test('goes to the incoming webhook, no part of which is shown', async () => {
    const { request, mask } = await requestOf(aSlackIntegration({ webhook_url_secret: 'HOOK' }));
    expect(request.url).toBe(values['HOOK']);
    expect(request.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(request.body)).not.toHaveProperty('channel');
    expect(mask(request.url)).toBe('***');
    expect(mask('POST /services/T01/B02/abcdefghijkl HTTP/1.1')).toBe('POST *** HTTP/1.1');
    expect(mask('token abcdefghijkl')).toBe('token ***');
    expect(mask('all services')).toBe('all services');
  });

  test('goes to an incoming webhook of Slack for governments', async () => {
    const url = 'https://hooks.slack-gov.com/services/T01/B02/abcdefghijkl';
    const integration = aSlackIntegration({ webhook_url_secret: 'HOOK' });
    const { request } = await requestOf(integration, {}, { readSecret: async () => new Secret(url) });
    expect(request.url).toBe(url);
  });

  test.each([
    'https://evil.example.com/services/T/B/x',
    'https://hooks.slack.com.evil.example.com/x',
    'https://hooks.slack.com@evil.example.com/x',
    'http://hooks.slack.com/services/T/B/x',
    'https://hooks.slack.com:8443/services/T/B/x',
    'https://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:9/hook',
    'not a URL at all',
  ])('does not go to %s', async (url) => {
    const readSecret = async () => new Secret(url);
    const deps = {
      readSecret,
      slack: { apiUrl: 'https://slack.com/api', allowed: parseAllowedRanges('10.0.0.0/8') },
    };
    const prepared = await setUp(aSlackIntegration({ webhook_url_secret: 'HOOK' }), {}, deps).prepare();
    expect(prepared).toEqual({ ended: 'failed', reason: 'not_a_slack_webhook: HOOK' });
  });

  test('goes where the deployment allows', async () => {
    const slack = { apiUrl: 'http://127.0.0.1:9/api', allowed: parseAllowedRanges('127.0.0.0/8') };
    const readSecret = async () => new Secret('http://127.0.0.1:9/hook-hook\n');
    const hook = await requestOf(
      aSlackIntegration({ webhook_url_secret: 'HOOK' }),
      {},
      { slack, readSecret },
    );
    expect(hook.request.url).toBe('http://127.0.0.1:9/hook-hook');
    expect((await requestOf(aSlackIntegration(), {}, { slack })).request.url).toBe(
      'http://127.0.0.1:9/api/chat.postMessage',
    );
  });

  test('needs a token that a header can carry', async () => {
    expect(await setUp(aSlackIntegration({ token_secret: 'LINES' })).prepare()).toEqual({
      ended: 'failed',
      reason: 'secret_not_for_headers: LINES',
    });
  });
});

describe('a test call', () => {
  const integration = aWebhookIntegration({ secrets: ['DEPLOY'] });
  const action = {
    type: 'webhook',
    integration: 'int_1',
    payload: { a: '${event_type}', b: '${DEPLOY}', c: '${step:json}' },
  } as const;

  test('needs no automation, and does what it says', async () => {
    const made = testDelivery(integration, action, 1000);
    const nobody = { readHead: async () => undefined, readRevision: async () => undefined };
    const { prepare } = setUp(integration, {}, nobody);
    expect(await prepare({ ...made })).toMatchObject({
      request: { body: '{"a":"TEST","b":"deploy-\\"secret\\"","c":1}', headers: { 'webhook-id': made.id } },
    });
    expect(JSON.stringify(made)).not.toContain('deploy-');
  });

  test('is not what an automation’s facts could claim', async () => {
    // Facts have the names of variables, and `test` is none.
    expect(await setUp(integration, {}, { readHead: async () => undefined }).prepare()).toEqual({
      ended: 'skipped',
      reason: 'disabled',
    });
  });

  test('shows no more of an attempt than the class of its status', () => {
    const webhook = aDelivery({ action: 'webhook' });
    const attempt = { number: 1, startedAtMs: 5, durationMs: 15_003, outcome: 'failed' } as const;
    const shown = ['dns', 'connect', 'tls', 'timeout', 'reset'].map((code) =>
      coarseAttempt(webhook, { ...attempt, code }),
    );
    expect(new Set(shown.map((one) => JSON.stringify(one)))).toEqual(
      new Set(['{"number":1,"startedAtMs":5,"outcome":"failed","answered":"no"}']),
    );
    const refused = { ...attempt, outcome: 'refused', code: 'blocked' } as const;
    expect(JSON.stringify(coarseAttempt(webhook, refused))).toBe(JSON.stringify(shown[0]));
    const codes = ['dns', 'connect', 'tls', 'timeout', 'reset', 'response_too_large', 'blocked'];
    expect(new Set([...codes, 'attempts_used_up'].map(coarseReason))).toEqual(new Set(['no_answer']));
    expect(coarseReason('secret_missing: A')).toBe('secret_missing: A');
    const response = '{"ok":false,"error":"not_in_channel"}';
    expect(coarseAttempt(webhook, { ...attempt, status: 503, code: 'http_status', response })).toEqual({
      number: 1,
      startedAtMs: 5,
      outcome: 'failed',
      answered: '5xx',
    });
  });

  test('shows that it was delivered, and what was sent', () => {
    const request = { method: 'POST', url: 'https://a.example', headers: {}, body: '{}' };
    const attempt = { number: 1, startedAtMs: 5, durationMs: 9, outcome: 'delivered', status: 204 } as const;
    const shown = { number: 1, startedAtMs: 5, outcome: 'delivered', answered: '2xx', request };
    expect(coarseAttempt(aDelivery({ action: 'webhook' }), { ...attempt, request })).toEqual(shown);
  });

  test.each([
    ['{"ok":false,"error":"not_in_channel"}', 'not_in_channel', /^invite the app into the channel/],
    ['no_service', 'no_service', /^make a new incoming webhook/],
    ['{"ok":false,"error":"constructor"}', 'constructor', /^look it up/],
    ['<html>', undefined, undefined],
  ])('of Slack says what %s means', (response, slackError, advice) => {
    const attempt = { number: 1, startedAtMs: 5, durationMs: 9, outcome: 'refused' } as const;
    const shown = coarseAttempt(aDelivery({ action: 'slack' }), { ...attempt, status: 200, response });
    expect(shown.slackError).toBe(slackError);
    if (advice) expect(shown.advice).toMatch(advice);
    else expect(shown).not.toHaveProperty('advice');
  });
});
