import { type AutomationDefinition, AutomationInput } from '../../core/automation.ts';
import { newKey } from '../../core/key.ts';
import { createKey } from '../../store/api-keys.ts';
import { createAutomation } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { createIntegration } from '../../store/integrations.ts';
import { saveSecret } from '../../store/secrets.ts';
import { FIRING_ALIAS, FIRING_BELOW, type Project, projects, teams, watchesStates } from './workload.ts';

/** A payload as users write them: a handful of variables around a sentence. */
const payload = {
  text: `\${automation_name}: \${metric_name} of \${run_name} is \${metric_value}`,
  link: `\${run_url}`,
  project: `\${entity_name}/\${project_name}`,
  values: `\${metric_values}`,
  version: `\${artifact_version_string}`,
  author: `\${event_author}`,
};

/** Sets a deployment up as its teams would: keys, secrets, an integration each, and automations in every project. */
export async function seed(table: Table, nowMs: number): Promise<{ keys: Map<string, string> }> {
  const keys = new Map<string, string>();
  for (const team of teams) keys.set(team, await seedTeam(table, team, nowMs));
  for (const project of projects) {
    for (const draft of automationsOf(project)) await seedAutomation(table, draft, nowMs);
  }
  return { keys };
}

async function seedTeam(table: Table, team: string, nowMs: number): Promise<string> {
  const { keyId, key, secretHash } = newKey();
  await createKey(table, {
    keyId,
    role: 'sender',
    team,
    name: 'trainer',
    secretHash,
    createdAtMs: nowMs,
    createdBy: 'key_admin',
    version: 1,
  });
  for (const name of ['TOKEN', 'SIGNING']) {
    const secretId = `signalbox/local/team/${team}/${name}`;
    const entry = { team, name, secretId, versionId: 'v1', version: 1, updatedAtMs: nowMs };
    await saveSecret(table, undefined, entry);
  }
  await createIntegration(table, {
    id: integrationOf(team),
    team,
    type: 'webhook',
    name: 'on call',
    url: 'https://hooks.example.com/services/on-call',
    access_token_secret: 'TOKEN',
    signing_secret: 'SIGNING',
    secrets: [],
    method: 'POST',
    headers: {},
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  });
  return key;
}

const integrationOf = (team: string) => `int_${Buffer.from(team).toString('hex').padEnd(24, '0')}`;

let automations = 0;

async function seedAutomation(table: Table, definition: AutomationDefinition, nowMs: number): Promise<void> {
  const id = `aut_${String(++automations).padStart(24, '0')}`;
  const { team } = definition;
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
  const head = { id, team, revision: 1, enabled: true, version: 1, ...times };
  const saved = { savedAtMs: nowMs, triggerSavedAtMs: nowMs, savedBy: 'key_1' };
  await createAutomation(table, { head, revision: { automationId: id, revision: 1, definition, ...saved } });
}

/** What one project watches: only the first and the last of these ever fire. */
function automationsOf(project: Project): AutomationDefinition[] {
  const metrics = [
    ['loss is low', { threshold: { metric: 'val/loss', comparison: '<', value: FIRING_BELOW } }],
    [
      'accuracy above 1',
      { threshold: { metric: 'val/accuracy', aggregate: 'average', window: 10, comparison: '>', value: 1 } },
    ],
    [
      'gradient doubles',
      { change: { metric: 'grad/norm', window: 5, prior_window: 10, change_type: 'relative', amount: 5 } },
    ],
  ] as const;
  const drafts = metrics.map(([name, condition]) =>
    draftOf(project, name, { event: 'run.metrics', ...condition, repeat: { mode: 'every_time' } }),
  );
  if (watchesStates(project)) drafts.push(draftOf(project, 'a run failed', failed));
  return [...drafts, draftOf(project, 'a model went to production', toProduction)];
}

const failed = { event: 'run.state', states: ['FAILED'] };
const toProduction = { event: 'artifact.alias_added', filter: { alias: FIRING_ALIAS } };

function draftOf({ team, project }: Project, name: string, trigger: object): AutomationDefinition {
  const { enabled: _enabled, ...definition } = AutomationInput.parse({
    name,
    team,
    scope: { kind: 'project', team, project },
    trigger,
    delivery: { supersede: false, max_per_minute: 600 },
    action: { type: 'webhook', integration: integrationOf(team), payload },
  });
  return definition;
}
