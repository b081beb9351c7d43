import {
  channelKey,
  IntegrationInput,
  secretFields,
  secretsOf,
  secretVariables,
} from '../../core/integration.ts';
import { detailsOfZod } from '../../core/problem.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const webhook = { team: 'vision', type: 'webhook', name: 'ci', url: 'https://ci.example.com/hook' };
const slack = { team: 'vision', type: 'slack', name: 'alerts' };
const refusal = (input: object) => {
  const parsed = IntegrationInput.safeParse(input);
  if (parsed.success) return undefined;
  const { field, detail } = detailsOfZod(parsed.error);
  return `${field}: ${detail}`;
};

describe('a webhook integration', () => {
  test('has W&B’s defaults', () => {
    expect(IntegrationInput.parse(webhook)).toEqual({ ...webhook, method: 'POST', headers: {}, secrets: [] });
  });

  test('has the names of its headers in lower case', () => {
    const parsed = IntegrationInput.parse({
      ...webhook,
      headers: { 'X-Env': 'a b' },
      header_auth: { name: 'X-Api-Key', value_secret: 'K' },
    });
    expect(parsed).toMatchObject({ headers: { 'x-env': 'a b' }, header_auth: { name: 'x-api-key' } });
  });

  test.each<[string, object, RegExp]>([
    ['another method', { method: 'GET' }, /^method: /],
    ['a header of the connection', { headers: { Host: 'x' } }, /^headers.Host: host is not among/],
    ['a header that proxies believe', { headers: { 'X-Forwarded-For': '1.2.3.4' } }, /can not be set/],
    ['our signature', { headers: { 'x-wandb-signature': 'x' } }, /can not be set/],
    ['a header of a cloud', { headers: { 'X-aws-ec2-metadata-token': 'x' } }, /can not be set/],
    ['a name with a line break', { headers: { 'x-a\r\nhost': 'x' } }, /letters, digits and dashes/],
    ['a value with a line break', { headers: { 'x-a': 'a\r\nb: c' } }, /printable ASCII/],
    ['a value with a space at its end', { headers: { 'x-a': 'a ' } }, /without spaces at its ends/],
    ['a variable in a header', { headers: { 'x-a': '${alias}' } }, /takes no variables/],
    ['a header twice', { headers: { 'x-a': '1', 'X-A': '2' } }, /twice/],
    [
      'too many headers',
      { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, 'v'])) },
      /more than 20/,
    ],
    [
      'a token and basic auth',
      { access_token_secret: 'T', basic_auth: { username: 'u', password_secret: 'P' } },
      /^basic_auth: /,
    ],
    [
      'a token and an authorization header',
      { access_token_secret: 'T', header_auth: { name: 'Authorization', value_secret: 'H' } },
      /^header_auth.name: /,
    ],
    [
      'a secret header that is fixed as well',
      { headers: { 'x-k': 'v' }, header_auth: { name: 'x-k', value_secret: 'H' } },
      /^header_auth.name: x-k stands in headers already/,
    ],
    ['a user name with a colon', { basic_auth: { username: 'a:b', password_secret: 'P' } }, /colon/],
    ['a previous key without a new one', { previous_signing_secret: 'S' }, /^previous_signing_secret: /],
    [
      'the same key twice',
      { signing_secret: 'S', previous_signing_secret: 'S' },
      /^previous_signing_secret: /,
    ],
    [
      'a granted secret named like a variable',
      { secrets: ['alias'] },
      /^secrets.0: is the name of a template variable/,
    ],
    [
      'a secret with a dash in its name',
      { access_token_secret: 'A-B' },
      /^access_token_secret: must be letters/,
    ],
    ['a granted secret named ACCESS_TOKEN', { secrets: ['ACCESS_TOKEN'] }, /^secrets.0: /],
    ['a granted secret named like a root', { secrets: ['run_config'] }, /^secrets.0: /],
    ['two places', { url_secret: 'U' }, /^url_secret: and url are two places/],
    ['no place', { url: undefined }, /^url: is missing: give it, or give url_secret/],
    ['a field of Slack', { channel: 'C1' }, /^channel: this field is not known/],
  ])('refuses %s', (_what, change, problem) => {
    expect(refusal({ ...webhook, ...change })).toMatch(problem);
  });

  test.each<[string, object]>([
    ['basic auth', { basic_auth: { username: 'u', password_secret: 'P' } }],
    [
      'basic auth and a header',
      {
        basic_auth: { username: 'u', password_secret: 'P' },
        header_auth: { name: 'x-k', value_secret: 'H' },
      },
    ],
    ['two keys while one takes over', { signing_secret: 'S', previous_signing_secret: 'P' }],
  ])('takes %s', (_what, change) => {
    expect(refusal({ ...webhook, ...change })).toBeUndefined();
  });

  test('may have its URL in a secret', () => {
    expect(refusal({ ...webhook, url: undefined, url_secret: 'U' })).toBeUndefined();
    const integration = aWebhookIntegration({ url: undefined, url_secret: 'U' });
    expect(secretFields(integration)).toEqual([{ field: 'url_secret', name: 'U' }]);
    expect(secretVariables(integration)).toEqual([]);
  });

  test('takes another scheme of Authorization as a secret', () => {
    expect(
      refusal({ ...webhook, header_auth: { name: 'Authorization', value_secret: 'H' } }),
    ).toBeUndefined();
  });

  test('says which secrets it uses, and where', () => {
    const integration = aWebhookIntegration({
      access_token_secret: 'T',
      signing_secret: 'S',
      previous_signing_secret: 'P',
      header_auth: { name: 'x-k', value_secret: 'H' },
      secrets: ['A', 'T'],
    });
    expect(secretFields(integration)).toEqual([
      { field: 'access_token_secret', name: 'T' },
      { field: 'header_auth.value_secret', name: 'H' },
      { field: 'signing_secret', name: 'S' },
      { field: 'previous_signing_secret', name: 'P' },
      { field: 'secrets.0', name: 'A' },
      { field: 'secrets.1', name: 'T' },
    ]);
    expect(secretsOf(integration)).toEqual(['T', 'H', 'S', 'P', 'A']);
    expect(secretVariables(integration)).toEqual(['ACCESS_TOKEN', 'A', 'T']);
    const basic = aWebhookIntegration({ basic_auth: { username: 'u', password_secret: 'B' } });
    expect(secretFields(basic)).toEqual([{ field: 'basic_auth.password_secret', name: 'B' }]);
  });
});

describe('a Slack integration', () => {
  test.each<[string, object, RegExp | undefined]>([
    ['a channel and a token', { channel: 'C0123456789', token_secret: 'T' }, undefined],
    ['a channel by its name', { channel: '#ml-alarme-größe', token_secret: 'T' }, undefined],
    [
      'an incoming webhook',
      { webhook_url_secret: 'U', channel: '#alerts', workspace: 'ACME Vision' },
      undefined,
    ],
    ['neither', {}, /^token_secret: is missing/],
    ['both', { channel: 'C1', token_secret: 'T', webhook_url_secret: 'U' }, /^webhook_url_secret: /],
    ['a token without a channel', { token_secret: 'T' }, /^channel: is missing/],
    ['a channel that is none', { channel: 'a b', token_secret: 'T' }, /^channel: /],
    ['a URL', { url: 'https://hooks.slack.com/services/T/B/x' }, /not known|missing/],
    ['a granted secret', { webhook_url_secret: 'U', secrets: ['A'] }, /^secrets: this field is not known/],
  ])('%s', (_what, change, problem) => {
    if (problem) expect(refusal({ ...slack, ...change })).toMatch(problem);
    else expect(refusal({ ...slack, ...change })).toBeUndefined();
  });

  test('gives no secret to a text', () => {
    expect(secretVariables(aSlackIntegration())).toEqual([]);
    expect(secretFields(aSlackIntegration())).toEqual([{ field: 'token_secret', name: 'SLACK_TOKEN' }]);
    const byWebhook = aSlackIntegration({ webhook_url_secret: 'URL' });
    expect(secretFields(byWebhook)).toEqual([{ field: 'webhook_url_secret', name: 'URL' }]);
    expect(secretsOf(byWebhook)).toEqual(['URL']);
  });

  test('shares its pace with those of the same token and channel, and with no others', () => {
    const one = aSlackIntegration({ id: 'int_a', channel: '#alerts' });
    expect(channelKey(aSlackIntegration({ id: 'int_b', channel: 'alerts' }))).toBe(channelKey(one));
    const others = [
      one,
      aSlackIntegration({ channel: 'other' }),
      aSlackIntegration({ token_secret: 'OTHER', channel: 'alerts' }),
      aSlackIntegration({ team: 'audio', channel: 'alerts' }),
      aSlackIntegration({ webhook_url_secret: 'SLACK_TOKEN', channel: 'alerts' }),
    ];
    expect(new Set(others.map(channelKey)).size).toBe(others.length);
    expect(channelKey(aWebhookIntegration())).toBeUndefined();
  });

  test('by webhook shares its pace with those of the same URL, whatever channel it is said to be', () => {
    const key = (change: object) => channelKey(aSlackIntegration({ webhook_url_secret: 'URL', ...change }));
    expect(key({ id: 'int_b', channel: '#elsewhere' })).toBe(key({ channel: '#alerts' }));
    expect(new Set([key({}), key({ webhook_url_secret: 'OTHER' }), key({ team: 'audio' })]).size).toBe(3);
  });
});
