import type { Integration } from '../../core/integration.ts';
import { disable } from '../../lambdas/dispatcher/disable.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const broken = aWebhookIntegration({ id: 'int_broken', name: 'broken' });
const deployer = aWebhookIntegration({ id: 'int_deployer', name: 'a deployer' });
const alerts = aSlackIntegration({ id: 'int_alerts', name: 'alerts' });

async function toldAfter(gone: Integration, others: Integration[], healths: object) {
  const notices: (string | undefined)[] = [];
  const disabled: string[] = [];
  const lines: object[] = [];
  await disable(
    gone.id,
    { reason: 'gone', sinceMs: 1 },
    {
      readIntegration: async () => gone,
      listIntegrations: async () => [...others, gone],
      readHealth: async (id) => (healths as Record<string, object>)[id] ?? {},
      disableIntegration: async (id) => disabled.push(id) > 0,
      putDelivery: async ({ integrationId }) => notices.push(integrationId) > 0,
      requeue: async () => undefined,
      now: () => 5,
      log: (line) => lines.push(line),
    },
  );
  expect([disabled, lines.length]).toEqual([[gone.id], 1]);
  return notices;
}

test.each([
  ['Slack before any webhook', {}, ['int_alerts']],
  ['a webhook where Slack does not work', { int_alerts: { disabledAtMs: 1 } }, ['int_deployer']],
  ['nobody where nothing works', { int_alerts: { openUntilMs: 9 }, int_deployer: { disabledAtMs: 1 } }, []],
])('who disables an integration tells its team through %s', async (_what, healths, told) => {
  expect(await toldAfter(broken, [deployer, alerts], healths)).toEqual(told);
});

test.each([
  ['before a webhook', 'OTHER_TOKEN', 'int_other'],
  ['not where it has the same', 'SLACK_TOKEN', 'int_deployer'],
])('a bot token that was revoked is told of by another one, %s', async (_what, token, told) => {
  const other = aSlackIntegration({ id: 'int_other', name: 'other', token_secret: token });
  expect(await toldAfter(alerts, [other, deployer], {})).toEqual([told]);
  expect(await toldAfter(alerts, [other], {})).toEqual(['int_other']);
});
