import type { AutomationDefinition, Threshold, Trigger } from '../../core/automation.ts';
import { filterOf, triggerHash } from '../../core/automation.ts';
import type { ArtifactEvent, RunMetricsEvent } from '../../core/event.ts';
import { parseEvent } from '../../core/received-event.ts';
import type { Watcher } from '../../core/watcher.ts';

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

/** Points of one metric, at consecutive steps. */
export function pointsOf(metric: string, values: (number | string)[], firstStep = 0) {
  return values.map((value, at) => ({ step: firstStep + at, metrics: { [metric]: value } }));
}

export function aThreshold(change: Partial<Threshold> = {}): Threshold {
  return { metric: 'loss', aggregate: 'last', window: 1, comparison: '<', value: 0.5, ...change };
}

export function aDefinition(change: Partial<AutomationDefinition> = {}): AutomationDefinition {
  return {
    name: 'loss is low',
    description: '',
    team: 'vision',
    scope: { kind: 'project', team: 'vision', project: 'mnist' },
    trigger: { event: 'run.metrics', threshold: aThreshold(), filter: {} },
    action: { type: 'webhook', integration: 'int_1', payload: { text: `\${run_name}` } },
    ...change,
  };
}

export function aWatcher(change: Partial<AutomationDefinition> = {}, id = 'aut_1'): Watcher {
  const definition = aDefinition(change);
  return {
    automationId: id,
    revision: 1,
    definition,
    filter: filterOf(definition.trigger),
    triggerHash: triggerHash(definition),
    triggerSavedAtMs: 0,
  };
}

export function onArtifact(event: 'artifact.linked' | 'artifact.alias_added', filter = {}): Trigger {
  return { event, filter };
}
