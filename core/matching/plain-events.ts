import type { Delivery } from '../delivery.ts';
import { type EventMessage, openEvent, type Route } from '../event-message.ts';
import { type PlainEvent, plainDelivery } from '../firing.ts';
import type { JsonValue } from '../json.ts';
import { type EventReader, type FieldPath, valuesBelow } from './event-reader.ts';
import type { ScopeIndex } from './scope-index.ts';

/** The deliveries of the automations in these scopes that an artifact, collection or custom event fires. */
export function matchRoute(
  message: EventMessage,
  route: Route,
  indexes: ScopeIndex[],
  nowMs: number,
): Delivery[] {
  const { receivedAtMs, depth } = message;
  const reader = new RouteReader(message, route);
  const watchers = indexes.flatMap((index) => index.plain(route.type)?.matching(reader) ?? []);
  return watchers
    .filter((watcher) => watcher.countsFromMs <= receivedAtMs)
    .map((watcher) => plainDelivery(watcher, reader.event as PlainEvent, { receivedAtMs, depth, nowMs }));
}

/** Reads what the route knows, and opens the event for the rest. */
export class RouteReader implements EventReader {
  private readonly message: EventMessage;
  private readonly route: Route;
  private opened: ReturnType<typeof openEvent> | undefined = undefined;

  constructor(message: EventMessage, route: Route) {
    this.message = message;
    this.route = route;
  }

  get event(): ReturnType<typeof openEvent> {
    this.opened ??= openEvent(this.message, this.route);
    return this.opened;
  }

  get field(): EventReader['field'] {
    return (root) => this.read(root);
  }

  values(path: FieldPath): JsonValue | undefined {
    if (path.dotted === 'collection.name') return this.message.subject.collection;
    return valuesBelow(this.read(path.root), path);
  }

  private read(root: string): JsonValue | undefined {
    const { subject } = this.message;
    switch (root) {
      case 'user':
        return this.route.user;
      case 'team':
        return subject.team;
      case 'project':
        return subject.project;
      case 'registry':
        return subject.registry;
      default:
        return this.readLabel(root) ?? this.readOpened(root);
    }
  }

  /** An event has an alias or a tag, never both, and its filters name only what it has. */
  private readLabel(root: string): string | undefined {
    return root === 'alias' || root === 'tag' ? this.route.label : undefined;
  }

  private readOpened(root: string): JsonValue | undefined {
    const fields = this.event as unknown as { [field: string]: JsonValue };
    return Object.hasOwn(fields, root) ? fields[root] : undefined;
  }
}
