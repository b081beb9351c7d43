import { randomBytes } from 'node:crypto';
import { type Api, Refusal } from './api.ts';
import type { LossCondition } from './judge.ts';
import type { SharedSecrets } from './receiver.ts';

/** The places of one demo. A second demo on the same data gets places of its own. */
export interface Stage {
  team: string;
  project: string;
  registry: string;
  collection: string;
}

export interface DemoAutomation {
  name: string;
  /** The trigger as the screen shows it: event, condition, scope. */
  shown: [string, string, string];
  body: Record<string, unknown>;
}

export const lossCondition: LossCondition = { automation: 'loss-is-low', window: 5, below: 0.25 };

const MOST_DEMOS = 1000;

/** Makes the first team named demo, demo-2, … that is free. */
export async function makeStage(api: Api): Promise<Stage> {
  for (let number = 1; number <= MOST_DEMOS; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const [team, registry] = [`demo${suffix}`, `models${suffix}`];
    const isFree = await makes(api, '/v1/teams', team);
    if (!isFree || !(await makes(api, '/v1/registries', registry))) continue;
    await api('PUT', `/v1/registries/${registry}/teams/${team}`, { role: 'member' });
    return { team, project: 'two-clouds', registry, collection: 'two-clouds' };
  }
  throw new Error(`there are ${MOST_DEMOS} demos in this data folder already: start with --fresh`);
}

/** Makes a team or registry; false when the name is taken. */
async function makes(api: Api, path: string, name: string): Promise<boolean> {
  try {
    await api('POST', path, { name });
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) return false;
    throw error;
  }
}

/** New secrets in the form that each proof wants. */
export function newSecrets(): SharedSecrets {
  return {
    accessToken: randomBytes(24).toString('base64url'),
    signingSecret: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** Saves the secrets and the webhook that uses them; returns the integration's id. */
export async function makeWebhook(
  api: Api,
  team: string,
  url: string,
  secrets: SharedSecrets,
): Promise<string> {
  await api('PUT', `/v1/teams/${team}/secrets/ACCESS`, { value: secrets.accessToken });
  await api('PUT', `/v1/teams/${team}/secrets/SIGNING`, { value: secrets.signingSecret });
  const { id } = await api('POST', '/v1/integrations', {
    team,
    type: 'webhook',
    name: 'receiver',
    url,
    access_token_secret: 'ACCESS',
    signing_secret: 'SIGNING',
  });
  return String(id);
}

/** A key that may post events of the team and do nothing else; what a training job is given. */
export async function makeSenderKey(api: Api, team: string): Promise<string> {
  const { key } = await api('POST', '/v1/keys', { team, role: 'sender', name: 'training job' });
  return String(key);
}

/** The three automations of the demo, each as the API takes it. */
export function demoAutomations(
  { team, project, registry, collection }: Stage,
  integration: string,
): DemoAutomation[] {
  const { automation, window, below } = lossCondition;
  const common = { automation: '${automation_name}', event: '${event_type}', delivery: '${delivery_id}' };
  const webhook = (payload: object) => ({ type: 'webhook', integration, payload: { ...common, ...payload } });
  return [
    {
      name: automation,
      shown: ['run.metrics', `average(loss, ${window}) < ${below}`, `project ${project}`],
      body: {
        team,
        scope: { kind: 'project', team, project },
        trigger: {
          event: 'run.metrics',
          threshold: { metric: 'loss', aggregate: 'average', window, comparison: '<', value: below },
        },
        action: webhook({ run: '${run_name}', step: '${step:json}', value: '${metric_value:json}' }),
      },
    },
    {
      name: 'model-linked',
      shown: ['artifact.linked', '', `registry ${registry}`],
      body: {
        team,
        scope: { kind: 'registry', registry },
        trigger: { event: 'artifact.linked' },
        action: webhook({
          model: '${artifact_version_string}',
          accuracy: '${artifact_metadata.accuracy:json}',
        }),
      },
    },
    {
      name: 'model-in-production',
      shown: ['artifact.alias_added', 'alias matches ^production$', `collection ${registry}/${collection}`],
      body: {
        team,
        scope: { kind: 'collection', registry, collection },
        trigger: { event: 'artifact.alias_added', filter: { alias: { $regex: '^production$' } } },
        action: webhook({ model: '${artifact_version_string}', alias: '${alias}' }),
      },
    },
  ];
}
