import { webhookRequest } from '../../core/actions/webhook.ts';
import type { WebhookIntegration } from '../../core/integration.ts';
import { Secret } from '../../core/secret.ts';
import { makeSender } from '../../lambdas/dispatcher/send.ts';
import type { Table } from '../../store/client.ts';
import { readIntegration } from '../../store/integrations.ts';
import { saveSecret } from '../../store/secrets.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';
import { aDelivery } from '../support/builders.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let table: Table;
let call: Api;
let receiver: Receiver;
let stop: () => Promise<void>;
const send = makeSender({ allowedAddresses: '127.0.0.0/8' });

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi());
  receiver = await startReceiver();
  await createTeam(table, { name: 'vision', description: '', version: 1, createdAtMs: 0 });
  for (const name of ['S', 'T']) {
    const entry = { team: 'vision', name, secretId: name, versionId: '1', version: 1, updatedAtMs: 0 };
    await saveSecret(table, undefined, entry);
  }
});
afterAll(async () => {
  await receiver.stop();
  await stop();
});

type Input = { values?: Record<string, string> } & Record<string, unknown>;
type Expected = string | Record<string, string>;

testFamilies<Input, Expected, undefined>(
  readCorpus('headers'),
  async ({ values, ...part }, _on, expected) => {
    const integration = await saved(part);
    if (typeof integration === 'string') return integration;
    const arrived = await sent(
      { ...integration, url: receiver.url },
      { S: 'secret-value', T: 'secret-other', ...values },
    );
    if (typeof arrived === 'string' || typeof expected === 'string') return arrived;
    return Object.fromEntries(Object.keys(expected).map((name) => [name, arrived[name]]));
  },
);

const known = new Map<string, WebhookIntegration>();

/** The integration that is saved with this part, or the refusal. One that was saved is not saved again. */
async function saved(part: object): Promise<WebhookIntegration | string> {
  const key = JSON.stringify(part);
  const before = known.get(key);
  if (before) return before;
  const rest = { name: `i${known.size}`, team: 'vision', type: 'webhook', url: 'https://ci.example.com/' };
  const { status, body } = await call('POST', '/v1/integrations', { ...rest, ...part });
  if (status !== 201) return `refused ${body.field}`;
  const stored = (await readIntegration(table, body.id)) as WebhookIntegration;
  known.set(key, stored);
  return stored;
}

/** The headers that a delivery through this integration arrives with, or why nothing is sent. */
async function sent(integration: WebhookIntegration, values: Record<string, string>) {
  const built = webhookRequest({
    delivery: aDelivery(),
    integration,
    payload: {},
    secrets: new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)])),
    timestampSeconds: 1,
  });
  if ('problem' in built) return built.problem;
  const { outcome } = await send(built.request);
  return outcome.kind === 'delivered' ? { ...receiver.requests.at(-1)?.headers } : JSON.stringify(outcome);
}
