import * as z from 'zod';
import { CustomEventType, eventTypes, type SignalboxEvent } from './event.ts';
import { Name } from './name.ts';
import type { ProblemDetails } from './problem.ts';
import { type Place, registryOf } from './scope.ts';

/** An event type, or all of a kind: `run.*`. */
const EventTypes = z.union(
  [z.enum(eventTypes), z.enum(['artifact.*', 'collection.*', 'run.*', 'custom.*']), CustomEventType],
  { error: 'must be an event type, or a kind of them such as run.*' },
);

/** Events in such a project are taken for events in the registry: a key for it could post nothing. */
const ProjectName = Name.refine((name) => registryOf(name) === undefined, {
  error: 'is a registry on W&B’s wire: name it in registries, without wandb-registry-',
});

const RegistryName = Name.refine((name) => registryOf(name) === undefined, {
  error: 'begins with wandb-registry-, which W&B puts before it: give the name alone',
});

/** What a sender's key may be narrowed to. Each list that is given must have what an event says. */
export const narrowingFields = {
  /** With `registries`, either has to have it; an event of the whole team is in neither. */
  projects: z.array(ProjectName).min(1, 'must name one at least').max(50).optional(),
  registries: z.array(RegistryName).min(1, 'must name one at least').max(50).optional(),
  event_types: z.array(EventTypes).min(1, 'must name one at least').max(50).optional(),
};

export interface Narrowing {
  projects?: string[] | undefined;
  registries?: string[] | undefined;
  event_types?: string[] | undefined;
}

/** The verdict on a key travels in the gateway's context, where there is not much room. */
const MAX_BYTES = 4_096;

export function isTooLong(narrowing: Narrowing): boolean {
  return Buffer.byteLength(JSON.stringify(narrowing)) > MAX_BYTES;
}

/** Why a narrowed key may not post an event; undefined when it may. */
export function outsideOf(narrowing: Narrowing, event: SignalboxEvent): ProblemDetails | undefined {
  return outsideOfTypes(narrowing, event) ?? outsideOfPlaces(narrowing, event);
}

function outsideOfTypes(narrowing: Narrowing, { type }: SignalboxEvent) {
  if (isOfType(narrowing, type)) return undefined;
  return refusal('type', `this key may not post ${type}`, narrowing.event_types ?? []);
}

/** Whether events of this type are left to a narrowed key. */
export function isOfType({ event_types: types }: Narrowing, type: string): boolean {
  return !types || types.includes(type) || types.includes(`${type.split('.')[0]}.*`);
}

/** Why a narrowed key has nothing to do with a place; undefined when it has. */
export function outsideOfPlaces(
  { projects, registries }: Narrowing,
  { project, registry }: Pick<Place, 'project' | 'registry'>,
): ProblemDetails | undefined {
  if (!projects && !registries) return undefined;
  if (project !== undefined && projects?.includes(project)) return undefined;
  if (registry !== undefined && registries?.includes(registry)) return undefined;
  const where = registry ?? project ?? 'the whole team';
  const field = registry === undefined ? 'project' : 'registry';
  return refusal(field, `this key is not for events of ${where}`, [
    ...(projects ?? []),
    ...(registries ?? []),
  ]);
}

function refusal(field: string, detail: string, allowed: string[]): ProblemDetails {
  return { code: 'forbidden', field, detail, hint: `it is for ${allowed.join(', ')}: use another key` };
}
