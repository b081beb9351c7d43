import { Action } from '../../core/action.ts';
import { checkTemplate } from '../../core/actions/action-template.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const ci = aWebhookIntegration({ secrets: ['CI_TOKEN'] });
const slack = aSlackIntegration();
const webhook = (payload: unknown) => Action.parse({ type: 'webhook', integration: 'int_1', payload });
const message = (texts: object) => Action.parse({ type: 'slack', integration: 'int_2', ...texts });

test.each([
  ['a payload may name what an event has', webhook({ run: `\${run_name}` }), ci],
  ['a payload may name a secret that its integration grants', webhook({ token: `\${CI_TOKEN}` }), ci],
  ['a payload may keep the type of a value', webhook({ step: `\${step:json}` }), ci],
  ['a payload may have no variable', webhook(['plain']), ci],
  [
    'a Slack text may name what an event has',
    message({ title: `\${run_name}`, message: `\${project_name}` }),
    slack,
  ],
  ['an action that sends nothing has no template', Action.parse({ type: 'no_op' }), ci],
])('%s', (_, action, integration) => {
  expect(checkTemplate(action, integration)).toBeUndefined();
});

test.each([
  ['a secret that is not granted', webhook({ a: [`\${OTHER}`] }), ci, 'payload.a.0'],
  ['a name that nobody knows', webhook({ a: `\${run_nam}` }), ci, 'payload.a'],
  ['a secret in a Slack text', message({ message: `\${SLACK_TOKEN}` }), slack, 'message'],
  ['a typed value in a Slack text', message({ title: `\${step:json}` }), slack, 'title'],
])('%s is refused, and the field is named', (_, action, integration, field) => {
  expect(checkTemplate(action, integration)).toEqual({
    code: 'invalid_input',
    field,
    detail: expect.any(String),
    hint: expect.stringContaining('run_name'),
  });
});

test('a mistyped name is answered by the one that was meant, be it a variable or a secret', () => {
  expect(checkTemplate(webhook(`\${run_nam}`), ci)?.detail).toContain('did you mean "run_name"');
  expect(checkTemplate(webhook(`\${CI_TOKE}`), ci)?.detail).toContain('did you mean "CI_TOKEN"');
});

test('the hint says where secrets can stand', () => {
  expect(checkTemplate(webhook(`\${x}`), ci)?.hint).toContain('secrets that the integration grants');
  expect(checkTemplate(message({ title: `\${x}` }), slack)?.hint).toContain('takes no secrets');
});

test('a payload that is too large is told how large it may be, and nothing of variables', () => {
  expect(checkTemplate(webhook('x'.repeat(65_536)), ci)).toMatchObject({
    detail: 'the payload is larger than 64 KiB',
    hint: 'correct payload and send the request again',
  });
});
