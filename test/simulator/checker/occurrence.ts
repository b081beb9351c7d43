// What makes two firings of an automation the same one, as a text.
import type { Accepted, Listed, Post } from './observed.ts';

interface Said {
  /** Which edit of the action said it. */
  mark: 'first' | 'other';
  automation: string;
  event: string;
  run: string;
  metric: string;
  step: string;
  delivery: string;
}

/** What a webhook of these worlds says: the payload names the variables. */
export function saidBy(post: Post): Said {
  return JSON.parse(post.body);
}

/** Whether a request tells of an integration that was disabled: then it is no automation's. */
export function isNotice({ body }: Post): boolean {
  return body.startsWith('{"type":"integration.disabled"');
}

const occurrence = (event: unknown, run: string, metric: unknown, step: unknown) =>
  metric ? `metric:${run}:0:${metric}:${step}` : `event:${event}`;

export function occurrenceOfPost(post: Post): string {
  const { event, run, metric, step } = saidBy(post);
  return occurrence(event, run, metric, step);
}

export function occurrenceOf({ facts }: Listed): string {
  const { event_id: event, entity_name: team, project_name: project, run_id: run, metric_name, step } = facts;
  return occurrence(event, `${team}/${project}/${run}`, metric_name, step);
}

/** What an event is about: its run, or its collection with the alias, or nothing. */
export function subjectOf({ event }: Accepted): string | undefined {
  if ('run' in event) return `run ${event.run.id}`;
  return 'collection' in event ? `collection ${event.collection.name} ${event.alias}` : undefined;
}

export function groupBy<Value>(values: Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
