import type { AutomationDefinition } from '../../core/automation.ts';
import type {
  ArtifactEvent,
  CustomEvent,
  RunHeartbeatEvent,
  RunMetricsEvent,
  RunState,
  RunStateEvent,
} from '../../core/event.ts';
import type { SlackIntegration, WebhookIntegration } from '../../core/integration.ts';
import { Watcher } from '../../core/matching/watcher.ts';
import { parseEvent } from '../../core/received-event.ts';
import { Trigger } from '../../core/trigger.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';

export function aLinkedEvent(change: object = {}): ArtifactEvent {
  const event = {
    type: 'artifact.linked',
    id: 'link-1',
    team: 'vision',
    registry: 'models',
    user: 'ada',
    collection: { name: 'detector', type: 'model' },
    version: 'v3',
    index: 3,
    aliases: ['latest'],
    metadata: { accuracy: 0.97, data: { rows: 12 } },
    ...change,
  };
  return parseEvent(event).event as ArtifactEvent;
}

export function anAliasEvent(change: object = {}): ArtifactEvent {
  return aLinkedEvent({ type: 'artifact.alias_added', id: 'alias-1', alias: 'production', ...change });
}

export function aMetricsEvent(change: object = {}): RunMetricsEvent {
  const event = {
    type: 'run.metrics',
    id: 'metrics-1',
    team: 'vision',
    project: 'mnist',
    run: { id: 'run-1', name: 'calm-lake-1' },
    points: [{ step: 0, metrics: { loss: 1 } }],
    ...change,
  };
  return parseEvent(event).event as RunMetricsEvent;
}

let made = 0;
const freshId = (kind: string) => `${kind}-${++made}`;

/** Values of the metric loss at consecutive steps, as an event of its own. */
export function losses(values: (number | string)[], firstStep = 0, change: object = {}): RunMetricsEvent {
  return aMetricsEvent({ id: freshId('losses'), points: pointsOf('loss', values, firstStep), ...change });
}

/** One value of loss whose point names no step. */
export function lossWithoutStep(value: number, change: object = {}): RunMetricsEvent {
  return losses([], 0, { points: [{ metrics: { loss: value } }], ...change });
}

export function aStateEvent(state: RunState, change: object = {}): RunStateEvent {
  const event = { type: 'run.state', id: freshId('state'), team: 'vision', project: 'mnist' };
  return parseEvent({ ...event, run: { id: 'run-1' }, state, ...change }).event as RunStateEvent;
}

export function aHeartbeat(interval = 60, change: object = {}): RunHeartbeatEvent {
  const event = { type: 'run.heartbeat', id: freshId('beat'), team: 'vision', project: 'mnist' };
  return parseEvent({ ...event, run: { id: 'run-1' }, interval, ...change }).event as RunHeartbeatEvent;
}

export function aCustomEvent(change: object = {}): CustomEvent {
  const event = { type: 'custom.deployed', id: freshId('custom'), team: 'vision', project: 'mnist' };
  return parseEvent({ ...event, data: { stage: 'production' }, ...change }).event as CustomEvent;
}

/** Points of one metric, at consecutive steps. */
export function pointsOf(metric: string, values: (number | string)[], firstStep = 0) {
  return values.map((value, at) => ({ step: firstStep + at, metrics: { [metric]: value } }));
}

/** A trigger on metrics by one condition, with what the schema fills in. */
export function onMetrics(condition: object, rest: object = {}): Trigger {
  return Trigger.parse({ event: 'run.metrics', ...condition, ...rest });
}

/** `last(loss) < 0.5`, or what is changed about it. */
export function onThreshold(change: object = {}, rest: object = {}): Trigger {
  return onMetrics({ threshold: { metric: 'loss', comparison: '<', value: 0.5, ...change } }, rest);
}

/** A trigger on run states. */
export function onStates(states: string[], rest: object = {}): Trigger {
  return Trigger.parse({ event: 'run.state', states, ...rest });
}

export function aDefinition(change: Partial<AutomationDefinition> = {}): AutomationDefinition {
  return {
    name: 'loss is low',
    description: '',
    team: 'vision',
    scope: { kind: 'project', team: 'vision', project: 'mnist' },
    trigger: onThreshold(),
    action: { type: 'webhook', integration: 'int_1', payload: { text: `\${run_name}` } },
    ...change,
  };
}

export function aWatcher(
  change: Partial<AutomationDefinition> = {},
  id = 'aut_1',
  triggerSavedAtMs = 0,
  head: { enabledAtMs?: number } = {},
): Watcher {
  return new Watcher({ id, ...head }, { revision: 1, definition: aDefinition(change), triggerSavedAtMs });
}

/** A trigger on an artifact, collection or custom event. */
export function onEvent(event: string, filter = {}): Trigger {
  return Trigger.parse({ event, filter });
}

export function aWebhookIntegration(change: Partial<WebhookIntegration> = {}): WebhookIntegration {
  return {
    id: 'int_1',
    team: 'vision',
    type: 'webhook',
    name: 'ci',
    url: 'https://ci.example.com/hook',
    method: 'POST',
    headers: {},
    secrets: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    version: 1,
    ...change,
  };
}

export function aSlackIntegration(change: Partial<SlackIntegration> = {}): SlackIntegration {
  return {
    id: 'int_2',
    team: 'vision',
    type: 'slack',
    name: 'alerts',
    ...(change.webhook_url_secret === undefined && { channel: 'C0123456789', token_secret: 'SLACK_TOKEN' }),
    createdAtMs: 0,
    updatedAtMs: 0,
    version: 1,
    ...change,
  };
}

export function aDelivery(change: Partial<StoredDelivery> = {}): StoredDelivery {
  return {
    id: 'dlv_1',
    automationId: 'aut_1',
    revision: 1,
    team: 'vision',
    action: 'webhook',
    integrationId: 'int_1',
    facts: { run_name: 'calm-lake', event_id: 'e1', automation_name: 'loss is low' },
    receivedAtMs: 900,
    createdAtMs: 950,
    depth: 1,
    status: 'pending',
    attempts: 0,
    ...change,
  };
}

/** Every registry exists, and these teams may post into it. */
export function openTo(...teams: string[]) {
  const roles = Object.fromEntries(teams.map((team) => [team, 'sender' as const]));
  return async (names: string[]) => names.map((name) => ({ name, roles }));
}
