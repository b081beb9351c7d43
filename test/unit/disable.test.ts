import { disable } from '../../lambdas/dispatcher/disable.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

const broken = aWebhookIntegration({ id: 'int_broken', name: 'broken' });
const deployer = aWebhookIntegration({ id: 'int_deployer', name: 'a deployer' });
const alerts = aSlackIntegration({ id: 'int_alerts', name: 'alerts' });

test.each([
  ['Slack before any webhook', {}, ['int_alerts']],
  ['a webhook where Slack does not work', { int_alerts: { disabledAtMs: 1 } }, ['int_deployer']],
  ['nobody where nothing works', { int_alerts: { openUntilMs: 9 }, int_deployer: { disabledAtMs: 1 } }, []],
])('who disables an integration tells its team through %s', async (_what, healths, told) => {
  const notices: (string | undefined)[] = [];
  const disabled: string[] = [];
  const lines: object[] = [];
  await disable(
    broken.id,
    { reason: 'gone', sinceMs: 1 },
    {
      readIntegration: async () => broken,
      listIntegrations: async () => [deployer, alerts, broken],
      readHealth: async (id) => (healths as Record<string, object>)[id] ?? {},
      disableIntegration: async (id) => disabled.push(id) > 0,
      putDelivery: async ({ integrationId }) => notices.push(integrationId) > 0,
      requeue: async () => undefined,
      now: () => 5,
      log: (line) => lines.push(line),
    },
  );
  expect([notices, disabled, lines.length]).toEqual([told, [broken.id], 1]);
});
