import { deliverySettings } from '../../core/delivery-settings.ts';
import { type Connection, Refusal } from '../connection.ts';
import type { Automation, Integration } from '../lookup.ts';
import { automationDocument, integrationDocument } from './deployed.ts';
import { differences } from './differences.ts';
import type { WantedAutomation, WantedIntegration } from './document.ts';
import type { Step } from './plan.ts';

/** How far a plan was carried out. */
export interface Outcome {
  done: Step[];
  /** The step that went wrong, and why. */
  failed?: { step: Step; error: unknown };
  left: Step[];
}

export interface CarryOutDeps {
  connection: Connection;
  /** Ids of integrations by team and name; grows with those that are made. */
  integrationIds: Map<string, string>;
  onDone: (step: Step) => void;
}

export const integrationKey = (team: string, name: string) => `${team}\n${name}`;

/**
 * Does the steps one after the other, and stops at the first that is refused. A change is made only to what the plan
 * saw. An integration's change that a saved payload forbids is tried again at the end: the payload may change as well.
 */
export async function carryOut(steps: Step[], deps: CarryOutDeps): Promise<Outcome> {
  const queue = [...steps];
  const [done, putOff]: [Step[], Set<Step>] = [[], new Set()];
  for (let step = queue.shift(); step; step = queue.shift()) {
    try {
      await take(step, deps);
      done.push(step);
      deps.onDone(step);
    } catch (error) {
      const mayHelp = isConflict(error) && step.act === 'change' && queue.length > 0 && !putOff.has(step);
      if (!mayHelp) return { done, failed: { step, error }, left: queue };
      putOff.add(step);
      queue.push(step);
    }
  }
  return { done, left: [] };
}

const isConflict = (error: unknown) => error instanceof Refusal && error.problem.code === 'conflict';

async function take(step: Step, deps: CarryOutDeps): Promise<void> {
  const { connection, integrationIds } = deps;
  const { document } = step;
  if (step.act === 'create') {
    const body = toInput(document, integrationIds) as never;
    const { id } = (
      await connection.call(document.kind === 'automation' ? 'createAutomation' : 'createIntegration', {
        body,
      })
    ).body;
    if (document.kind === 'integration') integrationIds.set(integrationKey(document.team, document.name), id);
    return;
  }
  const params = { id: step.id };
  const nouns = document.kind === 'automation' ? automations : integrations;
  const { body, etag } = await connection.call(nouns.read, { params });
  requireAsPlanned(step, body, integrationIds);
  const guarded = { params, ...(etag !== undefined && { ifMatch: etag }) };
  if (step.act === 'delete') await connection.call(nouns.delete, guarded);
  else await connection.call(nouns.update, { ...guarded, body: changeOf(step, integrationIds) });
}

const automations = {
  read: 'readAutomation',
  update: 'updateAutomation',
  delete: 'deleteAutomation',
} as const;
const integrations = {
  read: 'readIntegration',
  update: 'updateIntegration',
  delete: 'deleteIntegration',
} as const;

/** The ETag guards from here on; this guards since the plan was made. */
function requireAsPlanned(
  step: Exclude<Step, { act: 'create' }>,
  stored: Automation | Integration,
  integrationIds: Map<string, string>,
): void {
  const names = new Map([...integrationIds].map(([key, id]) => [id, key.split('\n')[1]]));
  const now =
    step.document.kind === 'automation'
      ? automationDocument(stored as Automation, (id) => names.get(id))
      : integrationDocument(stored as Integration);
  const planned = step.act === 'change' ? step.from : step.document;
  if (differences(planned, now).length === 0) return;
  const detail = 'it was changed by somebody else since the plan was made';
  throw new Refusal(412, { code: 'stale_version', detail });
}

/** A document as the API takes it: with the integration's id. */
export function toInput(
  document: WantedAutomation | WantedIntegration,
  integrationIds: Map<string, string>,
): object {
  const { kind: _kind, ...input } = document;
  if (document.kind === 'integration' || document.action.type === 'no_op') return input;
  const integration = integrationIds.get(integrationKey(document.team, document.action.integration));
  return {
    ...input,
    action: { ...document.action, integration: integration ?? document.action.integration },
  };
}

/** A change that leaves nothing of what was there before. */
function changeOf(
  { document, from }: Extract<Step, { act: 'change' }>,
  integrationIds: Map<string, string>,
): object {
  const { team: _team, ...input } = toInput(document, integrationIds) as { team: string };
  if (document.kind === 'automation') return { ...input, delivery: deliverySettings(document) };
  const { type: _type, ...fields } = input as { type?: string };
  const gone = Object.keys(from).filter((field) => !Object.hasOwn(document, field));
  return { ...fields, ...Object.fromEntries(gone.map((field) => [field, null])) };
}
