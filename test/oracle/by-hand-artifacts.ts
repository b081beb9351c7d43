// Artifact, collection and custom events: kinds, filters, scopes.
import {
  artifact,
  automation,
  firesOn,
  type HandCase,
  ORGANIZATION,
  PROJECT,
  REGISTRY,
  stream,
  TEAM,
} from './hand-writing.ts';
import { ARTIFACT_EVENTS } from './random-automations.ts';
import type { Scope } from './world.ts';

const IN_REGISTRY: Scope = { kind: 'collection', registry: 'models', collection: 'detector' };
const IN_PROJECT: Scope = { kind: 'collection', team: 'red', project: 'p', collection: 'detector' };
const ALL_SCOPES: [string, Scope][] = [
  ['org', ORGANIZATION],
  ['team', TEAM],
  ['project', PROJECT],
  ['registry', REGISTRY],
  ['in-registry', IN_REGISTRY],
  ['in-project', IN_PROJECT],
];

/** Versions are made in projects. */
const REGISTRY_EVENTS = ARTIFACT_EVENTS.filter((type) => type !== 'artifact.created');

const scopesOf = (type: (typeof ARTIFACT_EVENTS)[number]) =>
  ALL_SCOPES.filter(([, scope]) => type !== 'artifact.created' || !('registry' in scope));

/** With what each kind of event has to carry. */
function eventOfKind(
  type: (typeof ARTIFACT_EVENTS)[number],
  place: { registry: string } | { project: string },
) {
  const alias = type.includes('alias_') ? { alias: 'production' } : {};
  const tag = type.includes('tag_') ? { tag: 'nightly' } : {};
  const version = type.startsWith('artifact.') ? { version: 'v3', index: 3 } : {};
  return artifact(type, { ...place, ...alias, ...tag, ...version });
}

export const artifactCases: HandCase[] = [
  ...ARTIFACT_EVENTS.map(
    (type): HandCase => ({
      name: `${type} in a project fires at the scopes that hold the project`,
      automations: scopesOf(type).map(([id, scope]) => automation({ event: type }, { id, scope })),
      arrivals: stream([1, eventOfKind(type, { project: 'p' })]),
      firings: ['org', 'team', 'project', 'in-project'].map((id) => firesOn('e1', id)),
      working: 'the place is red/p/detector.',
    }),
  ),
  ...REGISTRY_EVENTS.map(
    (type): HandCase => ({
      name: `${type} in a registry fires at the organization, the team, the registry and the collection`,
      automations: ALL_SCOPES.map(([id, scope]) => automation({ event: type }, { id, scope })),
      arrivals: stream([1, eventOfKind(type, { registry: 'models' })]),
      firings: ['org', 'team', 'registry', 'in-registry'].map((id) => firesOn('e1', id)),
      working: 'the place is models/detector.',
    }),
  ),
  {
    name: 'an event in a registry is in the team that sent it, and in no other',
    automations: [
      automation({ event: 'artifact.linked' }, { id: 'red', scope: TEAM }),
      automation({ event: 'artifact.linked' }, { id: 'blue', scope: { kind: 'team', team: 'blue' } }),
    ],
    arrivals: stream([1, artifact('artifact.linked', { registry: 'models', version: 'v1' })]),
    firings: [firesOn('e1', 'red')],
    working: 'red sent it.',
  },
  {
    name: 'a registry takes the events of every team',
    automations: [automation({ event: 'artifact.linked' }, { scope: REGISTRY })],
    arrivals: stream([1, artifact('artifact.linked', { team: 'blue', registry: 'models', version: 'v1' })]),
    firings: [firesOn('e1')],
    working: 'the place is the registry.',
  },
  {
    name: 'a trigger takes events of its own kind only',
    automations: ARTIFACT_EVENTS.map((event) => automation({ event }, { id: event, scope: ORGANIZATION })),
    arrivals: stream(
      ...ARTIFACT_EVENTS.map((type, index): [number, ReturnType<typeof eventOfKind>] => [
        index + 1,
        eventOfKind(type, { project: 'p' }),
      ]),
    ),
    firings: ARTIFACT_EVENTS.map((type, index) => firesOn(`e${index + 1}`, type)),
    working: 'each of the nine kinds fires the one automation that names it.',
  },
  {
    name: 'an alias and metadata can be asked for together',
    automations: [
      automation({
        event: 'artifact.alias_added',
        filter: { alias: 'production', 'metadata.accuracy': { $gte: 0.9 } },
      }),
    ],
    arrivals: stream(
      [
        1,
        artifact('artifact.alias_added', { alias: 'production', version: 'v1', metadata: { accuracy: 0.9 } }),
      ],
      [
        2,
        artifact('artifact.alias_added', { alias: 'production', version: 'v1', metadata: { accuracy: 0.8 } }),
      ],
      [3, artifact('artifact.alias_added', { alias: 'staging', version: 'v1', metadata: { accuracy: 0.9 } })],
      [4, artifact('artifact.alias_added', { alias: 'production', version: 'v1' })],
    ),
    firings: [firesOn('e1')],
    working:
      '0.9 is at the bound; 0.8 is below; staging is another alias; a missing field is not at least anything.',
  },
  {
    name: 'artifact events have no latch',
    automations: [automation({ event: 'artifact.tag_added', filter: { tag: 'nightly' } })],
    arrivals: stream(
      [1, artifact('artifact.tag_added', { tag: 'nightly', version: 'v1' })],
      [2, artifact('artifact.tag_added', { tag: 'nightly', version: 'v1' })],
      [3, artifact('artifact.tag_added', { tag: 'other', version: 'v1' })],
    ),
    firings: [firesOn('e1'), firesOn('e2')],
    working: 'each event that the filter takes.',
  },
  {
    name: 'custom events fire in a registry as well',
    automations: ALL_SCOPES.filter(([, scope]) => scope.kind !== 'collection').map(([id, scope]) =>
      automation({ event: 'custom.promoted' }, { id, scope }),
    ),
    arrivals: stream([1, { type: 'custom.promoted', team: 'red', registry: 'models' }]),
    firings: ['org', 'team', 'registry'].map((id) => firesOn('e1', id)),
    working: 'the place is models, and red sent it.',
  },
  {
    name: 'the same event id is one event, however often it comes',
    automations: [automation({ event: 'artifact.created' })],
    arrivals: stream(
      [1, artifact('artifact.created', { id: 'once', version: 'v1' })],
      [99999, artifact('artifact.created', { id: 'once', version: 'v1' })],
    ),
    firings: [firesOn('once')],
    working: 'one occurrence, one delivery.',
  },
  {
    name: 'an event that comes again fires what was saved in between',
    automations: [
      automation({ event: 'artifact.created' }, { id: 'old' }),
      automation({ event: 'artifact.created' }, { id: 'new', saved: 2 }),
    ],
    arrivals: stream(
      [1, artifact('artifact.created', { id: 'once', version: 'v1' })],
      [3, artifact('artifact.created', { id: 'once', version: 'v1' })],
    ),
    firings: [firesOn('once', 'old'), firesOn('once', 'new')],
    working: 'a delivery is one for each automation and occurrence.',
  },
  {
    name: 'an automation fires on what comes from its save on and before its deletion',
    automations: [automation({ event: 'artifact.created' }, { saved: 2, deleted: 4 })],
    arrivals: stream(
      ...[1, 2, 3, 4].map((second): [number, ReturnType<typeof artifact>] => [
        second,
        artifact('artifact.created', { version: `v${second}` }),
      ]),
    ),
    firings: [firesOn('e2'), firesOn('e3')],
    working: '2 and 3 are in [2, 4).',
  },
  {
    name: 'a collection scope does not hold another collection',
    automations: [
      automation({ event: 'artifact.created' }, { id: 'in-project', scope: IN_PROJECT }),
      automation({ event: 'artifact.created' }, { id: 'project' }),
    ],
    arrivals: stream([
      1,
      artifact('artifact.created', { collection: { name: 'faces', type: 'dataset' }, version: 'v1' }),
    ]),
    firings: [firesOn('e1', 'project')],
    working: 'faces is in the project and is not detector.',
  },
  {
    name: 'filters see the collection, the aliases and the user',
    automations: [
      automation(
        { event: 'artifact.created', filter: { 'collection.type': { $in: ['model'] } } },
        { id: 'type' },
      ),
      automation({ event: 'artifact.created', filter: { aliases: 'latest' } }, { id: 'aliases' }),
      automation(
        { event: 'artifact.created', filter: { user: { $not: { $in: ['ada'] } } } },
        { id: 'not-ada' },
      ),
      automation({ event: 'artifact.created', filter: { user: null } }, { id: 'nobody' }),
      automation(
        { event: 'artifact.created', filter: { $or: [{ user: 'bob' }, { version: { $regex: '7$' } }] } },
        { id: 'or' },
      ),
    ],
    arrivals: stream(
      [1, artifact('artifact.created', { version: 'v7', aliases: ['latest', 'best'], user: 'ada' })],
      [2, artifact('artifact.created', { version: 'v8', aliases: ['best'] })],
    ),
    firings: [
      firesOn('e1', 'type'),
      firesOn('e1', 'aliases'),
      firesOn('e1', 'or'),
      firesOn('e2', 'type'),
      firesOn('e2', 'not-ada'),
      firesOn('e2', 'nobody'),
    ],
    working: 'e1 is of ada, v7, latest; e2 is of nobody, which is not ada and equals null.',
  },
  {
    name: 'custom events fire at every scope but a collection',
    automations: ALL_SCOPES.filter(([, scope]) => scope.kind !== 'collection').map(([id, scope]) =>
      automation({ event: 'custom.trained' }, { id, scope }),
    ),
    arrivals: stream(
      [1, { type: 'custom.trained', team: 'red', project: 'p', data: { stage: 'a' } }],
      [2, { type: 'custom.evaluated', team: 'red', project: 'p' }],
    ),
    firings: ['org', 'team', 'project'].map((id) => firesOn('e1', id)),
    working: 'the place is red/p, and evaluated is another event.',
  },
];
