import type { Table } from '../../store/client.ts';
import { createIntegration } from '../../store/integrations.ts';
import { saveSecret } from '../../store/secrets.ts';
import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';
import { aWebhookIntegration } from '../support/builders.ts';
import { readCorpus, readGiven, testFamilies } from '../support/corpus.ts';

let table: Table;
let call: Api;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ call, table, stop } = await startAdminApi());
  await createTeam(table, { name: 'vision', description: '', version: 1, createdAtMs: 0 });
  await createIntegration(
    table,
    aWebhookIntegration({ access_token_secret: 'TOKEN', secrets: ['DEPLOY_KEY'] }),
  );
  for (const name of ['TOKEN', 'DEPLOY_KEY']) {
    const entry = { team: 'vision', name, secretId: name, versionId: '1', version: 1, updatedAtMs: 0 };
    await saveSecret(table, undefined, entry);
  }
});
afterAll(() => stop());

const events = readGiven<Record<string, { type: string }>>('templates');
const triggers: Record<string, object> = {
  alias: { event: 'artifact.alias_added' },
  state: { event: 'run.state', states: ['FAILED'] },
  metric: { event: 'run.metrics', threshold: { metric: 'loss', comparison: '<', value: 0.5 } },
  custom: { event: 'custom.deployed' },
};
const PLACE = 'automation.action.';

testFamilies<unknown, unknown, { event: string }>(readCorpus('templates'), async (payload, { event }) => {
  const automation = {
    ...{ name: 'under test', team: 'vision', scope: { kind: 'team', team: 'vision' } },
    ...{ trigger: triggers[event], action: { type: 'webhook', integration: 'int_1', payload } },
  };
  const body = { automation, events: [events[event]] };
  const answer = await call('POST', '/v1/automations/test', body);
  if (answer.status !== 200) return `refused ${String(answer.body.field).replace(PLACE, '')}`;
  const [fired] = answer.body.fired;
  return fired?.request ? JSON.parse(fired.request.body) : fired;
});
