// Arbitrary automations over a few names, so that they meet the events of random-events.ts often.
import fc from 'fast-check';
import type {
  ArtifactEventType,
  Comparison,
  Condition,
  Filter,
  OracleAutomation,
  PlainTrigger,
  Repeat,
  Scope,
  State,
  Threshold,
  Trigger,
} from './world.ts';

/** Picks with weights: `[weight, value]`. */
export function pick<T>(...choices: [number, T][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}

function weighted<T>(...choices: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

function maybe<T extends object>(percent: number, part: fc.Arbitrary<T>): fc.Arbitrary<T | object> {
  return weighted<T | object>([percent, part], [100 - percent, fc.constant({})]);
}

export const STATES: State[] = ['PENDING', 'RUNNING', 'FINISHED', 'FAILED', 'CRASHED', 'KILLED', 'PREEMPTED'];

export const ARTIFACT_EVENTS: ArtifactEventType[] = [
  'artifact.created',
  'artifact.linked',
  'artifact.unlinked',
  'artifact.alias_added',
  'artifact.alias_removed',
  'artifact.tag_added',
  'artifact.tag_removed',
  'collection.tag_added',
  'collection.tag_removed',
];

const metric = pick([3, 'loss'], [1, 'acc']);

const HOME: Scope = { kind: 'project', team: 'red', project: 'p' };

const runScope = pick<Scope>(
  [5, HOME],
  [1, { kind: 'project', team: 'red', project: 'q' }],
  [1, { kind: 'project', team: 'blue', project: 'p' }],
  [3, { kind: 'team', team: 'red' }],
  [1, { kind: 'team', team: 'blue' }],
  [3, { kind: 'organization' }],
);

const plainScope = weighted<Scope>(
  [5, runScope],
  [
    3,
    pick<Scope>([3, { kind: 'registry', registry: 'models' }], [1, { kind: 'registry', registry: 'data' }]),
  ],
  [
    2,
    pick<Scope>(
      [2, { kind: 'collection', registry: 'models', collection: 'detector' }],
      [1, { kind: 'collection', registry: 'data', collection: 'detector' }],
      [1, { kind: 'collection', registry: 'models', collection: 'faces' }],
    ),
  ],
  [
    2,
    pick<Scope>(
      [2, { kind: 'collection', team: 'red', project: 'p', collection: 'detector' }],
      [1, { kind: 'collection', team: 'red', project: 'q', collection: 'faces' }],
    ),
  ],
);

const smallWindow = weighted([6, fc.integer({ min: 1, max: 4 })], [3, fc.integer({ min: 5, max: 8 })]);
const window = weighted([12, smallWindow], [1, fc.integer({ min: 9, max: 20 })]);
const bound = fc.integer({ min: -4, max: 8 }).map((twice) => twice / 2);

const comparison = fc.constantFrom<Comparison>('>', '>=', '<', '<=', '==', '!=', 'between', 'outside');

const threshold: fc.Arbitrary<Threshold> = fc
  .record({
    metric,
    comparison,
    bounds: fc.tuple(bound, bound),
    aggregate: maybe(80, fc.record({ aggregate: fc.constantFrom('last', 'min', 'max', 'average') })),
    window: maybe(80, fc.record({ window })),
  })
  .map(({ bounds: [one, other], aggregate, window: length, ...rest }) => {
    const isPair = rest.comparison === 'between' || rest.comparison === 'outside';
    const sorted: [number, number] = [Math.min(one, other), Math.max(one, other)];
    return { ...rest, ...aggregate, ...length, ...(isPair ? { values: sorted } : { value: one }) };
  });

const change = fc
  .record({
    metric,
    window: smallWindow,
    prior_window: smallWindow,
    amount: fc.constantFrom(0.25, 0.5, 1, 1.5, 2),
    aggregate: maybe(80, fc.record({ aggregate: fc.constantFrom('min', 'max', 'average') })),
    type: maybe(70, fc.record({ change_type: fc.constantFrom('relative', 'absolute') })),
    way: maybe(70, fc.record({ direction: fc.constantFrom('increase', 'decrease', 'either') })),
  })
  .map(({ aggregate, type, way, ...rest }) => ({ ...rest, ...aggregate, ...type, ...way }));

const zBound = pick([4, 0.7], [4, 1.3], [1, 1], [2, 1.9]);
const direction = maybe(70, fc.record({ direction: fc.constantFrom('above', 'below', 'either') }));

const zscore = fc
  .record({ metric, window: fc.integer({ min: 2, max: 6 }), threshold: zBound, direction })
  .map(({ direction: way, ...rest }) => ({ ...rest, ...way }));

const zscoreAcrossRuns = fc
  .record({ metric, window: pick([5, 2], [1, 3]), threshold: zBound, direction })
  .map(({ direction: way, ...rest }) => ({ ...rest, ...way, across: 'runs' as const }));

const condition: fc.Arbitrary<Condition> = weighted<Condition>(
  [10, fc.record({ threshold })],
  [5, fc.record({ change })],
  [4, fc.record({ zscore })],
  [4, fc.record({ zscore: zscoreAcrossRuns })],
  [3, fc.record({ not_finite: fc.record({ metric }) })],
);

const anyRepeat = weighted<Repeat>(
  [6, fc.constant({ mode: 'every_time' })],
  [3, fc.constant({ mode: 'after_false' })],
  [1, fc.constant({ mode: 'once_per_run' })],
  [1, fc.constant({ mode: 'once_a_day' })],
  [2, fc.constantFrom(1, 60, 600, 5400).map((seconds) => ({ mode: 'interval' as const, seconds }))],
);

const repeat = maybe(90, fc.record({ repeat: anyRepeat }));

const runFilter = pick<Filter>(
  [3, { user: 'ada' }],
  [1, { user: { $ne: 'ada' } }],
  [1, { user: { $in: ['bob', 'eve'] } }],
  [1, { user: { $exists: false } }],
  [1, { user: null }],
  [1, { 'run.name': { $regex: '^calm' } }],
  [1, { 'run.name': { $regex: '-2$' } }],
  [1, { 'run.name': { $not: { $regex: 'lake' } } }],
  [1, { 'run.name': { $contains: 'lake' } }],
  [2, { 'run.tags': 'baseline' }],
  [1, { 'run.tags': { $ne: 'baseline' } }],
  [1, { 'run.tags': { $contains: 'nightly' } }],
  [1, { 'run.config.lr': { $gte: 1 } }],
  [1, { 'run.config.model.depth': 2 }],
  [1, { $or: [{ user: 'bob' }, { 'run.tags': 'nightly' }] }],
  [1, { $and: [{ user: 'ada' }, { 'run.config.lr': { $exists: true } }] }],
);

type Choice = [number, Filter];

const filtersOfAll: Choice[] = [
  [1, { user: 'ada' }],
  [1, { user: { $exists: true } }],
  [1, { user: { $not: { $in: ['ada', 'bob'] } } }],
  [1, { team: 'red' }],
  [1, { team: 'red', user: 'ada' }],
  [1, { registry: { $ne: 'models' } }],
];
const filtersOfCollections: Choice[] = [
  [1, { 'collection.name': 'detector' }],
  [1, { 'collection.type': { $in: ['model'] } }],
];
const filtersOfVersions: Choice[] = [
  [2, { aliases: 'latest' }],
  [2, { 'metadata.accuracy': { $gte: 2 } }],
  [1, { 'metadata.accuracy': null }],
  [1, { version: { $regex: '1$' } }],
];
const filtersOfAliases: Choice[] = [
  [6, { alias: 'production' }],
  [2, { alias: 'production', user: 'ada' }],
  [1, { alias: { $regex: '^prod' }, 'collection.name': 'detector' }],
  [2, { alias: { $ne: 'production' } }],
  [2, { alias: { $regex: '^prod' } }],
  [1, { $or: [{ alias: 'staging' }, { user: 'bob' }] }],
];
const filtersOfTags: Choice[] = [
  [4, { tag: 'nightly' }],
  [1, { tag: 'nightly', user: 'ada' }],
  [1, { $or: [{ tag: 'nightly' }, { user: 'bob' }] }],
];
const filtersOfData: Choice[] = [
  [2, { 'data.stage': 'a' }],
  [1, { data: null }],
];

/** A filter can name what its event has; others are refused. */
function plainFilter(event: PlainTrigger['event']): fc.Arbitrary<Filter> {
  if (event.startsWith('custom.')) return pick(...filtersOfAll, ...filtersOfData);
  const choices = [...filtersOfAll, ...filtersOfCollections];
  if (event.startsWith('artifact.')) choices.push(...filtersOfVersions);
  if (event.includes('alias_')) choices.push(...filtersOfAliases);
  if (event.includes('tag_')) choices.push(...filtersOfTags);
  return pick(...choices);
}

const runOptions = fc
  .tuple(maybe(25, fc.record({ filter: runFilter })), repeat)
  .map(([filter, again]) => ({ ...filter, ...again }));

const metricsTrigger = fc
  .tuple(condition, runOptions)
  .map(([one, options]): Trigger => ({ event: 'run.metrics', ...one, ...options }));

const stateTrigger = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...STATES), { minLength: 1, maxLength: 3 }), runOptions)
  .map(([states, options]): Trigger => ({ event: 'run.state', states, ...options }));

const plainTrigger = weighted<PlainTrigger['event']>(
  [5, fc.constantFrom(...ARTIFACT_EVENTS)],
  [8, pick<PlainTrigger['event']>([3, 'artifact.alias_added'], [2, 'artifact.linked'])],
  [2, pick<PlainTrigger['event']>([2, 'custom.trained'], [1, 'custom.evaluated'])],
).chain((event) =>
  maybe(35, fc.record({ filter: plainFilter(event) })).map((filter): Trigger => ({ event, ...filter })),
);

/** An automation whose life is told in places of the stream: 0 is before all, n is at the n-th arrival. */
export interface DraftAutomation {
  scope: Scope;
  trigger: Trigger;
  savedAt: { arrival: number; offsetMs: number };
  deletedAt: { arrival: number; offsetMs: number } | undefined;
  /** It is disabled then, and enabled so many arrivals later. */
  disabledAt: { arrival: number; offsetMs: number } | undefined;
  enabledAfter: number;
  /** After its deletion the same is saved again, so many arrivals later. */
  savedAgainAfter: number | undefined;
  /** Instead of its deletion its trigger is edited then: what it becomes. */
  edit: { repeat: Repeat } | { trigger: Trigger } | undefined;
}

const moment = fc.record({
  arrival: fc.integer({ min: 0, max: 60 }),
  offsetMs: pick([2, -1], [2, 0], [1, 1]),
});
const atTheStart = fc.constant({ arrival: 0, offsetMs: -1 });

/** Nothing happens at such a scope, and such automations are refused. */
function isRefused({ scope, trigger: { event } }: { scope: Scope; trigger: Trigger }): boolean {
  return event === 'artifact.created'
    ? 'registry' in scope
    : event.startsWith('custom.') && scope.kind === 'collection';
}

const subject = weighted<{ scope: Scope; trigger: Trigger }>(
  [8, fc.record({ scope: runScope, trigger: metricsTrigger })],
  [3, fc.record({ scope: runScope, trigger: stateTrigger })],
  [4, fc.record({ scope: plainScope, trigger: plainTrigger }).filter((one) => !isRefused(one))],
);

/** Makes another trigger for runs of one: with its own latch, or all of it. */
const edit = weighted<Edit>(
  [2, fc.record({ repeat: anyRepeat })],
  [1, fc.record({ trigger: metricsTrigger })],
  [1, fc.record({ trigger: stateTrigger })],
);
type Edit = { repeat: Repeat } | { trigger: Trigger };

const savedAgainAfter = pick<number | undefined>([2, undefined], [1, 0], [1, 1], [1, 4], [2, 12], [1, 25]);

const enabledAfter = pick([2, 0], [2, 1], [2, 2], [2, 5], [1, 12]);

/** An automation of any kind at any scope. */
export const draftAutomation: fc.Arbitrary<DraftAutomation> = fc
  .record({
    subject,
    savedAt: weighted([4, atTheStart], [1, moment]),
    deletedAt: weighted([4, fc.constant(undefined)], [1, moment]),
    disabledAt: weighted([4, fc.constant(undefined)], [1, moment]),
    enabledAfter,
    savedAgainAfter,
    edit: weighted<Edit | undefined>([1, fc.constant(undefined)], [1, edit]),
  })
  .map(({ subject: what, ...life }) => ({ ...what, ...life }));

/** An automation on metrics of red/p that comes and goes. */
export const passingAutomation: fc.Arbitrary<DraftAutomation> = fc
  .record({
    subject: fc.record({ scope: fc.constant(HOME), trigger: metricsTrigger }),
    savedAt: weighted([3, atTheStart], [1, moment]),
    deletedAt: weighted([1, fc.constant(undefined)], [3, moment]),
    disabledAt: weighted([1, fc.constant(undefined)], [1, moment]),
    enabledAfter,
    savedAgainAfter,
    edit: weighted<Edit | undefined>([3, fc.constant(undefined)], [1, edit]),
  })
  .map(({ subject: what, ...life }) => ({ ...what, ...life }));

const crashTrigger = fc
  .tuple(
    pick<State[]>(
      [3, ['CRASHED']],
      [2, ['FAILED']],
      [2, ['CRASHED', 'RUNNING']],
      [1, ['RUNNING', 'FINISHED']],
    ),
    maybe(25, fc.record({ filter: runFilter })),
    weighted<Repeat>([1, anyRepeat], [1, fc.constant({ mode: 'after_false' })]),
  )
  .map(([states, filter, again]): Trigger => ({ event: 'run.state', states, ...filter, repeat: again }));

/** An automation on the crash of runs of red/p that comes and goes. */
export const pulseAutomation: fc.Arbitrary<DraftAutomation> = fc
  .tuple(crashTrigger, passingAutomation)
  .map(([trigger, life]) => ({ ...life, trigger, edit: undefined }));

/** The team that keeps the automation: that of its scope, or any. */
export function teamOf(scope: Scope): OracleAutomation['team'] {
  return 'team' in scope ? scope.team : 'red';
}
