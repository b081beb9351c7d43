import type { ArtifactEvent, CollectionEvent, CustomEvent } from '../../core/event.ts';
import { parseEvent } from '../../core/received-event.ts';
import { aWatcher, onEvent } from '../support/builders.ts';
import { aMatcher } from '../support/matcher.ts';

type PlainEvent = ArtifactEvent | CollectionEvent | CustomEvent;

const common = { team: 'vision', user: 'ada' };
const artifact = {
  ...common,
  collection: { name: 'detector', type: 'model' },
  version: 'v3',
  index: 3,
  aliases: ['latest'],
  metadata: { accuracy: 0.97 },
};
const inRegistry = { ...artifact, registry: 'models' };

/** Each type of event: one of its kind, a filter that takes it and the event that the filter does not take. */
const rows = [
  {
    type: 'artifact.created',
    event: { ...artifact, project: 'mnist' },
    filter: { 'metadata.accuracy': { $gte: 0.9 } },
    other: { metadata: { accuracy: 0.8 } },
    wandbName: 'CREATE_ARTIFACT',
  },
  {
    type: 'artifact.linked',
    event: inRegistry,
    filter: { 'collection.name': 'detector' },
    other: { collection: { name: 'other', type: 'model' } },
    wandbName: 'LINK_ARTIFACT',
  },
  {
    type: 'artifact.unlinked',
    event: inRegistry,
    filter: { index: { $lt: 4 } },
    other: { index: 4 },
    wandbName: 'UNLINK_ARTIFACT',
  },
  {
    type: 'artifact.alias_added',
    event: { ...inRegistry, alias: 'production' },
    filter: { alias: { $regex: '^prod' } },
    other: { alias: 'preprod' },
    wandbName: 'ADD_ARTIFACT_ALIAS',
  },
  {
    type: 'artifact.alias_removed',
    event: { ...inRegistry, alias: 'production' },
    filter: { alias: 'production' },
    other: { alias: 'staging' },
    wandbName: 'REMOVE_ARTIFACT_ALIAS',
  },
  {
    type: 'artifact.tag_added',
    event: { ...inRegistry, tag: 'approved' },
    filter: { tag: { $in: ['approved', 'reviewed'] } },
    other: { tag: 'draft' },
    wandbName: 'ADD_ARTIFACT_TAG',
  },
  {
    type: 'artifact.tag_removed',
    event: { ...inRegistry, tag: 'approved' },
    filter: { tag: { $contains: 'prove' } },
    other: { tag: 'draft' },
    wandbName: 'REMOVE_ARTIFACT_TAG',
  },
  {
    type: 'collection.tag_added',
    event: { ...common, registry: 'models', collection: { name: 'detector', type: 'model' }, tag: 'gold' },
    filter: { tag: 'gold', 'collection.type': 'model' },
    other: { tag: 'silver' },
    wandbName: 'ADD_COLLECTION_TAG',
  },
  {
    type: 'collection.tag_removed',
    event: { ...common, project: 'mnist', collection: { name: 'detector', type: 'model' }, tag: 'gold' },
    filter: { tag: { $ne: 'silver' } },
    other: { tag: 'silver' },
    wandbName: 'REMOVE_COLLECTION_TAG',
  },
  {
    type: 'custom.deployed',
    event: { ...common, project: 'mnist', data: { stage: 'production', replicas: 3 } },
    filter: { 'data.stage': 'production', 'data.replicas': { $gt: 2 } },
    other: { data: { stage: 'production', replicas: 2 } },
    wandbName: 'custom.deployed',
  },
];

let made = 0;
const make = (type: string, event: object, change: object = {}) =>
  parseEvent({ type, id: `evt-${++made}`, ...event, ...change }).event as PlainEvent;

/** The scopes that hold an event, and some that do not. */
function scopesOf(event: { registry?: string; project?: string; collection?: object }) {
  const place = event.registry === undefined ? 'project' : 'registry';
  const inPlace = place === 'project' ? { team: 'vision', project: 'mnist' } : { registry: 'models' };
  const elsewhere = place === 'project' ? { team: 'vision', project: 'other' } : { registry: 'other' };
  const collection = event.collection ? [{ kind: 'collection', ...inPlace, collection: 'detector' }] : [];
  return {
    right: [
      { kind: 'organization' },
      { kind: 'team', team: 'vision' },
      { kind: place, ...inPlace },
      ...collection,
    ] as Scope[],
    wrong: [
      { kind: 'team', team: 'audio' },
      { kind: place, ...elsewhere },
      { kind: 'project', team: 'audio', project: 'mnist' },
      {
        kind: place === 'project' ? 'registry' : 'project',
        team: 'vision',
        project: 'models',
        registry: 'mnist',
      },
      { kind: 'collection', ...elsewhere, collection: 'detector' },
      { kind: 'collection', ...inPlace, collection: 'other' },
    ] as Scope[],
  };
}
type Scope = NonNullable<Parameters<typeof aWatcher>[0]>['scope'] & object;

describe.each(rows)('$type', ({ type, event, filter, other, wandbName }) => {
  const set = (withFilter: object = filter, change: object = {}) => {
    const { right } = scopesOf(event as { registry?: string; collection?: object });
    return aMatcher(aWatcher({ trigger: onEvent(type, withFilter), scope: right[0]!, ...change }, 'aut'));
  };
  const { right, wrong } = scopesOf(event as { registry?: string; collection?: object });

  test('a filter that is met fires', async () => {
    expect(await set().send(make(type, event, { id: 'evt' }))).toEqual(['aut@evt']);
  });

  test('a filter that is not met does not fire', async () => {
    expect(await set().send(make(type, event, other))).toEqual([]);
  });

  test('no filter takes every such event', async () => {
    expect(await set({}).send(make(type, event, other))).toHaveLength(1);
  });

  test.each(rows.map((row) => row.type).filter((one) => one !== type))(
    'an automation on %s does not see it',
    async (otherType) => {
      const { send } = set({}, { trigger: onEvent(otherType) });
      expect(await send(make(type, event))).toEqual([]);
    },
  );

  test.each(right.map((scope) => [scope.kind, scope] as const))(
    'right scope (%s) fires',
    async (_kind, scope) => {
      expect(await set(filter, { scope }).send(make(type, event))).toHaveLength(1);
    },
  );

  test.each(wrong.map((scope) => [JSON.stringify(scope), scope] as const))(
    'wrong scope %s does not fire',
    async (_text, scope) => {
      expect(await set(filter, { scope }).send(make(type, event))).toEqual([]);
    },
  );

  test('an automation at each scope that holds it fires on its own', async () => {
    const matcher = aMatcher(
      ...right.map((scope) => aWatcher({ trigger: onEvent(type, filter), scope }, scope.kind)),
    );
    const fired = await matcher.send(make(type, event, { id: 'evt' }));
    expect(fired.toSorted()).toEqual(right.map(({ kind }) => `${kind}@evt`).toSorted());
  });

  test('wrong user does not fire, the right one does', async () => {
    const { send } = set({ user: 'ada' });
    expect(await send(make(type, event, { user: 'bob' }))).toEqual([]);
    expect(await send(make(type, event, { user: undefined }))).toEqual([]);
    expect(await send(make(type, event))).toHaveLength(1);
  });

  test('there is no latch: each event fires', async () => {
    const { send } = set();
    expect(await send(make(type, event), make(type, event))).toHaveLength(2);
    expect(await send(make(type, event))).toHaveLength(1);
  });

  test('the same event id is one event, however often it comes', async () => {
    const { send } = set();
    expect(await send(make(type, event, { id: 'same' }), make(type, event, { id: 'same' }))).toHaveLength(1);
    expect(await send(make(type, event, { id: 'same' }))).toEqual([]);
  });

  test('the same event id of two teams is two events', async () => {
    const { send } = set(filter, { scope: { kind: 'organization' } });
    expect(await send(make(type, event, { id: 'same' }))).toHaveLength(1);
    expect(await send(make(type, event, { id: 'same', team: 'audio' }))).toHaveLength(1);
  });

  test('an event received before the trigger was saved does not fire', async () => {
    const { send, automations, clock } = set();
    automations[0] = aWatcher({ trigger: onEvent(type, filter), scope: right[0]! }, 'aut', clock.nowMs + 1);
    expect(await send(make(type, event))).toEqual([]);
    expect(await send(make(type, event))).toHaveLength(1);
  });

  test('an event received while the automation was disabled does not fire', async () => {
    const { send, automations, clock } = set();
    const scope = right[0]!;
    const trigger = onEvent(type, filter);
    automations[0] = aWatcher({ trigger, scope }, 'aut', 0, { enabledAtMs: clock.nowMs + 1 });
    expect(await send(make(type, event))).toEqual([]);
    expect(await send(make(type, event))).toHaveLength(1);
  });

  test('goes by its name in templates', async () => {
    const { send, store } = set();
    await send(make(type, event));
    const [delivery] = store.deliveries.values();
    expect(delivery!.facts).toMatchObject({
      event_type: wandbName,
      event_author: 'ada',
      entity_name: 'vision',
    });
  });

  test('nothing is kept of it but its delivery', async () => {
    const { send, store } = set();
    await send(make(type, event));
    expect(store.runs.size).toBe(0);
  });
});

describe('custom events', () => {
  test('of the whole team fall into the organization and the team only', async () => {
    const scopes: Scope[] = [
      { kind: 'organization' },
      { kind: 'team', team: 'vision' },
      { kind: 'project', team: 'vision', project: 'mnist' },
    ];
    const { send } = aMatcher(
      ...scopes.map((scope) => aWatcher({ trigger: onEvent('custom.x'), scope }, scope.kind)),
    );
    const fired = await send(make('custom.x', { team: 'vision' }, { id: 'evt' }));
    expect(fired.toSorted()).toEqual(['organization@evt', 'team@evt']);
  });

  test('in a registry fall into its scope', async () => {
    const scope: Scope = { kind: 'registry', registry: 'models' };
    const { send } = aMatcher(aWatcher({ trigger: onEvent('custom.x'), scope }, 'aut'));
    expect(await send(make('custom.x', { team: 'vision', registry: 'models' }))).toHaveLength(1);
    expect(await send(make('custom.x', { team: 'vision', registry: 'other' }))).toEqual([]);
  });

  test('of another name are other events', async () => {
    const { send } = aMatcher(
      aWatcher({ trigger: onEvent('custom.x'), scope: { kind: 'organization' } }, 'aut'),
    );
    expect(await send(make('custom.x.y', { team: 'vision' }), make('custom.xy', { team: 'vision' }))).toEqual(
      [],
    );
  });

  test.each([[null], [7], ['text'], [[1, 2]], [{ a: { b: [1] } }]])(
    'may carry any JSON: %j',
    async (data) => {
      const filter = data === null ? { data: null } : { data: { $exists: true } };
      const scope: Scope = { kind: 'organization' };
      const { send } = aMatcher(aWatcher({ trigger: onEvent('custom.x', filter), scope }, 'aut'));
      expect(await send(make('custom.x', { team: 'vision', data }))).toHaveLength(1);
    },
  );
});

test('an alternative named twice is one: the automation fires once, and is sent once', async () => {
  const trigger = onEvent('artifact.alias_added', { alias: { $in: ['production', 'production'] } });
  const { send, store, noted } = aMatcher(aWatcher({ trigger, scope: { kind: 'organization' } }, 'aut'));
  await send(make('artifact.alias_added', { ...inRegistry, alias: 'production' }));
  expect(store.sent).toHaveLength(1);
  expect(noted.get('aut')).toEqual({ fired: 1, heldBack: 0 });
});
