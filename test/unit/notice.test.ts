import type { Notice } from '../../core/delivery.ts';
import { noticeDelivery, noticeRevision, noticeText } from '../../core/notice.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const notice: Notice = {
  integrationId: 'int_9',
  integrationName: 'deploys',
  reason: 'gone',
  sinceMs: Date.UTC(2026, 10, 29),
};
const toWebhook = noticeDelivery(notice, aWebhookIntegration(), 7);
const toSlack = noticeDelivery(notice, aSlackIntegration(), 7);

test('a team is told through another integration of its own', () => {
  expect(toWebhook).toEqual({
    id: expect.stringMatching(/^dlv_\w+$/),
    automationId: 'signalbox',
    revision: 0,
    team: 'vision',
    action: 'webhook',
    integrationId: 'int_1',
    facts: {
      automation_name: 'Signalbox',
      notice: noticeText(notice),
      disabled_id: 'int_9',
      disabled_name: 'deploys',
      disabled_reason: 'gone',
      disabled_since: '2026-11-29T00:00:00.000Z',
    },
    receivedAtMs: 7,
    createdAtMs: 7,
    depth: 0,
    notice,
  });
  expect(toSlack).toMatchObject({ action: 'slack', integrationId: 'int_2' });
});

test('it is told once, however often it is found out', () => {
  expect(noticeDelivery(notice, aWebhookIntegration(), 8).id).toBe(toWebhook.id);
});

test.each([
  ['integration', { integrationId: 'int_8' }],
  ['reason', { reason: 'failing' as Notice['reason'] }],
  ['time', { sinceMs: 1 }],
])('it is told again for another %s', (_, change) => {
  expect(noticeDelivery({ ...notice, ...change }, aWebhookIntegration(), 7).id).not.toBe(toWebhook.id);
});

test('it says which integration and why, and since when all failed', () => {
  expect(noticeText(notice)).toContain('deploys (int_9)');
  expect(noticeText(notice)).toContain('410 Gone');
  const failing = { ...notice, reason: 'failing' as Notice['reason'] };
  expect(noticeText(failing)).toContain('all deliveries through it failed since 2026-11-29T00:00:00.000Z');
});

test('it is rendered as an automation of no event would be', () => {
  const { head, revision } = noticeRevision(toWebhook);
  expect(head).toEqual({
    id: 'signalbox',
    team: 'vision',
    revision: 0,
    enabled: true,
    version: 0,
    createdAtMs: 7,
    updatedAtMs: 7,
  });
  expect(revision).toMatchObject({
    automationId: 'signalbox',
    revision: 0,
    savedAtMs: 7,
    triggerSavedAtMs: 7,
    savedBy: '',
    definition: {
      name: 'Signalbox',
      team: 'vision',
      scope: { kind: 'team', team: 'vision' },
      trigger: { event: 'custom.signalbox', filter: {} },
    },
  });
});

test('a webhook gets it as JSON, whose values are the facts of the delivery', () => {
  expect(noticeRevision(toWebhook).revision.definition.action).toEqual({
    type: 'webhook',
    integration: 'int_1',
    payload: {
      type: 'integration.disabled',
      text: `\${notice}`,
      integration: {
        id: `\${disabled_id}`,
        name: `\${disabled_name}`,
        reason: `\${disabled_reason}`,
        since: `\${disabled_since}`,
      },
    },
  });
});

test('Slack gets it as a warning', () => {
  expect(noticeRevision(toSlack).revision.definition.action).toEqual({
    type: 'slack',
    integration: 'int_2',
    title: '',
    message: '',
    severity: 'WARN',
  });
});
