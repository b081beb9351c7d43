import { webhookRequest } from '../../core/actions/webhook.ts';
import type { WebhookIntegration } from '../../core/integration.ts';
import { Secret } from '../../core/secret.ts';
import { aDelivery, aWebhookIntegration } from '../support/builders.ts';

const PASSWORDS = { TOKEN: 'token-1', KEY: 'key-1', PASSWORD: 'word-1', UMLAUT: 'schön', LINES: 'a\nb' };
const secrets = new Map(Object.entries(PASSWORDS).map(([name, value]) => [name, new Secret(value)]));

function built(change: Partial<WebhookIntegration>, depth = 1) {
  const integration = aWebhookIntegration(change);
  return webhookRequest({
    delivery: aDelivery({ depth }),
    integration,
    payload: { run: `\${run_name}` },
    secrets,
    timestampSeconds: 1_700_000_000,
  });
}

function headersOf(change: Partial<WebhookIntegration>, depth?: number) {
  const request = built(change, depth);
  return 'request' in request ? request.request.headers : {};
}

test('a plain webhook says that it is JSON, how deep it is, which delivery and when', () => {
  expect(headersOf({ headers: { 'x-env': 'test' } }, 3)).toEqual({
    'x-env': 'test',
    'content-type': 'application/json',
    'x-signalbox-depth': '4',
    'webhook-id': 'dlv_1',
    'webhook-timestamp': '1700000000',
  });
});

test.each<[string, Partial<WebhookIntegration>, object]>([
  ['a token', { access_token_secret: 'TOKEN' }, { authorization: 'Bearer token-1' }],
  [
    'a user name and password',
    { basic_auth: { username: 'ada', password_secret: 'PASSWORD' } },
    { authorization: `Basic ${Buffer.from('ada:word-1').toString('base64')}` },
  ],
  ['a header of its own', { header_auth: { name: 'x-key', value_secret: 'KEY' } }, { 'x-key': 'key-1' }],
])('a webhook may show %s', (_, change, headers) => {
  expect(headersOf(change)).toMatchObject(headers);
});

test.each<[string, Partial<WebhookIntegration>, string]>([
  ['a token beyond ASCII', { access_token_secret: 'UMLAUT' }, 'secret_not_for_headers: UMLAUT'],
  [
    'a line break in a header',
    { header_auth: { name: 'x-key', value_secret: 'LINES' } },
    'secret_not_for_headers: LINES',
  ],
])('%s is refused by the name of the secret', (_, change, problem) => {
  expect(built(change)).toEqual({ problem });
});
