import type { Action } from '../../core/action.ts';
import type { Delivery, Notice } from '../../core/delivery.ts';
import { type Rendered, type RenderingWith, renderMasked } from '../../core/dry-run/rendering.ts';
import type { SlackIntegration, WebhookIntegration } from '../../core/integration.ts';
import { noticeText } from '../../core/notice.ts';
import { aDelivery, aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const webhook: Action = { type: 'webhook', integration: 'int_1', payload: { run: `\${run_name}` } };
const slack: Action = {
  type: 'slack',
  integration: 'int_2',
  title: 'Loss',
  message: 'is low',
  severity: 'INFO',
};
const known = new Set(['TOKEN', 'SIGNING', 'DEPLOY_KEY', 'HOOK', 'SLACK_TOKEN']);

const disabled: Notice = {
  integrationId: 'int_9',
  integrationName: 'ci',
  reason: 'gone',
  sinceMs: 0,
};

const rendered = (
  action: Action,
  integration: WebhookIntegration | SlackIntegration,
  more: Partial<RenderingWith> = {},
): Rendered => renderMasked(aDelivery(), action, integration, { secretNames: known, nowMs: 5_000, ...more });

const throughWebhook = (change: Partial<WebhookIntegration>, payload: object = { run: `\${run_name}` }) =>
  rendered({ ...webhook, payload } as Action, aWebhookIntegration(change));

test('a webhook is shown as it would go out now', () => {
  expect(throughWebhook({ method: 'PUT', headers: { 'x-env': 'test' } })).toEqual({
    request: {
      method: 'PUT',
      url: 'https://ci.example.com/hook',
      headers: {
        'x-env': 'test',
        'content-type': 'application/json',
        'x-signalbox-depth': '2',
        'webhook-id': 'dlv_1',
        'webhook-timestamp': '5',
      },
      body: '{"run":"calm-lake"}',
    },
  });
});

test.each<[string, Partial<WebhookIntegration>, object | undefined, object]>([
  [
    'an access token',
    { access_token_secret: 'TOKEN' },
    undefined,
    { headers: { authorization: 'Bearer ***' } },
  ],
  [
    'a signature',
    { signing_secret: 'SIGNING' },
    undefined,
    { headers: { 'webhook-signature': '***', 'X-Wandb-Signature': '***' } },
  ],
  [
    'a secret in the payload',
    { secrets: ['DEPLOY_KEY'] },
    { key: `\${DEPLOY_KEY}` },
    { body: '{"key":"***"}' },
  ],
  ['a secret URL', { url: undefined, url_secret: 'HOOK' }, undefined, { url: '***' }],
])('%s is a mask', (_name, change, payload, shown) => {
  expect(throughWebhook(change, payload)).toMatchObject({ request: shown });
});

test('Slack is shown with masks for the token, and for the whole of an incoming webhook', () => {
  expect(rendered(slack, aSlackIntegration())).toMatchObject({
    request: { url: 'https://slack.com/api/chat.postMessage', headers: { authorization: 'Bearer ***' } },
  });
  const incoming = aSlackIntegration({ webhook_url_secret: 'HOOK' });
  expect(rendered(slack, incoming)).toMatchObject({ request: { url: '***' } });
});

test.each<[string, Partial<Delivery>, string]>([
  ['a notice', { notice: disabled }, noticeText(disabled)],
  [
    'a digest',
    { digest: { minuteMs: 0, count: 3 } },
    '3 more firings of loss is low within a minute, calm-lake among them',
  ],
])('%s says in Slack what happened', (_, change, happened) => {
  const shown = renderMasked(aDelivery(change), slack, aSlackIntegration(), { secretNames: known, nowMs: 0 });
  expect(JSON.parse('request' in shown ? shown.request.body : '{}').text).toContain(happened);
});

test('a digest whose firings were not counted says no number', () => {
  const ofMinute = aDelivery({ digest: { minuteMs: 0 } });
  const shown = (delivery: Delivery) =>
    renderMasked(delivery, slack, aSlackIntegration(), { secretNames: known, nowMs: 0 });
  expect(shown(ofMinute)).toEqual(shown(aDelivery()));
});

test('Slack is where the deployment has it', () => {
  const deployment = { apiUrl: 'http://127.0.0.1:9/api', allowed: [] };
  expect(rendered(slack, aSlackIntegration(), { slack: deployment })).toMatchObject({
    request: { url: 'http://127.0.0.1:9/api/chat.postMessage' },
  });
});

test.each<[string, Rendered, string]>([
  ['an integration of another type', rendered(webhook, aSlackIntegration()), 'integration_of_other_type'],
  ['the other way round', rendered(slack, aWebhookIntegration()), 'integration_of_other_type'],
  ['a secret that is not there', throughWebhook({ access_token_secret: 'GONE' }), 'secret_missing: GONE'],
  [
    'a name that nobody granted',
    throughWebhook({}, { key: `\${DEPLOY_KEY}` }),
    'secret_not_granted: DEPLOY_KEY',
  ],
  [
    'a payload that grows too large',
    renderMasked(aDelivery({ facts: { run_name: 'x'.repeat(300_000) } }), webhook, aWebhookIntegration(), {
      secretNames: known,
      nowMs: 0,
    }),
    'payload_too_large',
  ],
])('%s is said', (_name, result, problem) => {
  expect(result).toEqual({ problem });
});
