import type { Delivery } from './delivery.ts';

/**
 * What a delivery is about, for automations whose newer deliveries supersede older ones: the collection with its
 * alias or tag, or the run. Undefined for custom events.
 */
export function subjectOf({ facts }: Pick<Delivery, 'facts'>): string | undefined {
  const {
    entity_name: team,
    project_name: project,
    artifact_collection_name: collection,
    run_id: run,
  } = facts;
  if (collection !== undefined) {
    return JSON.stringify(['collection', team, project, collection, facts['alias'] ?? facts['tag'] ?? null]);
  }
  return run === undefined ? undefined : JSON.stringify(['run', team, project, run]);
}

/**
 * Sorts deliveries of a subject as text, newest last: by when the event was received, then, for events of one request,
 * by the event's own time, then by the step or the version's index.
 */
export function ageOrder({
  id,
  facts,
  receivedAtMs,
}: Pick<Delivery, 'id' | 'facts' | 'receivedAtMs'>): string {
  const { time, step, artifact_version_index: index } = facts;
  const timeMs = Date.parse(String(time));
  return [receivedAtMs, timeMs, Number(step ?? index)].map(sortable).concat(id).join(' ');
}

function sortable(value: number): string {
  return String(Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0).padStart(16, '0');
}
