// Arbitrary events as drafts: what a run does next is told relative to what it did so far, and worked out at the end.
import fc from 'fast-check';
import { ARTIFACT_EVENTS, pick, STATES } from './random-automations.ts';
import type { ArtifactEventType, Json, MetricValue, State } from './world.ts';

/** The step of a point: the next, none at all, or so many before or after the newest. */
export type DraftStep = { kind: 'next' } | { kind: 'none' } | { kind: 'moved'; by: number };

export interface DraftRun {
  team: string;
  project: string;
  run: number;
  user: string | undefined;
  tags: string[] | undefined;
  lr: number | undefined;
  attempt: 'absent' | 'current' | 'newer' | 'older';
}

export type DraftEvent =
  | { kind: 'metrics'; run: DraftRun; points: { step: DraftStep; metrics: Record<string, MetricValue> }[] }
  | { kind: 'state'; run: DraftRun; state: State; rewindBy: number | undefined }
  | {
      kind: 'artifact';
      type: ArtifactEventType;
      place: Place;
      user: string | undefined;
      collection: string;
      version: number;
      alias: string;
      tag: string;
      metadata: Json;
    }
  | {
      kind: 'custom';
      type: `custom.${string}`;
      place: Place;
      user: string | undefined;
      data: Json;
    }
  | { kind: 'heartbeat'; run: DraftRun; interval: number }
  | { kind: 'repost'; of: number };

/** What happens next: an event, or the sweeper looks at a run. */
export type Draft = DraftEvent | { kind: 'look'; run: DraftRun };

type Place = { team: string; project: string } | { team: string; registry: string };

const user = pick<string | undefined>([5, 'ada'], [3, 'bob'], [1, 'eve'], [1, undefined]);

const draftRun: fc.Arbitrary<DraftRun> = fc
  .record({
    home: pick(
      [14, { team: 'red', project: 'p' }],
      [1, { team: 'red', project: 'q' }],
      [1, { team: 'blue', project: 'p' }],
    ),
    run: pick([9, 1], [3, 2], [3, 3], [1, 4]),
    user,
    tags: pick<string[] | undefined>(
      [3, ['baseline']],
      [2, ['nightly', 'baseline']],
      [1, []],
      [1, undefined],
    ),
    lr: pick<number | undefined>([2, 1], [1, 0], [1, undefined]),
    attempt: pick<DraftRun['attempt']>([14, 'absent'], [5, 'current'], [1, 'newer'], [1, 'older']),
  })
  .map(({ home, ...rest }) => ({ ...home, ...rest }));

const step: fc.Arbitrary<DraftStep> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<DraftStep>({ kind: 'next' }) },
  { weight: 3, arbitrary: fc.constant<DraftStep>({ kind: 'none' }) },
  { weight: 2, arbitrary: fc.integer({ min: -6, max: 0 }).map((by): DraftStep => ({ kind: 'moved', by })) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }).map((by): DraftStep => ({ kind: 'moved', by })) },
);

const value: fc.Arbitrary<MetricValue> = fc.oneof(
  { weight: 24, arbitrary: fc.integer({ min: -3, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom<MetricValue>('NaN', 'Infinity', '-Infinity') },
);

const metrics = fc.oneof<fc.Arbitrary<Record<string, MetricValue>>[]>(
  fc.record({ loss: value }),
  fc.record({ loss: value, acc: value }),
  fc.record({ loss: value, acc: value }),
  fc.record({ acc: value }),
);

const metricsEvent = fc.record({
  kind: fc.constant('metrics' as const),
  run: draftRun,
  points: fc.array(fc.record({ step, metrics }), { minLength: 1, maxLength: 5, size: 'max' }),
});

const stateEvent = fc.record({
  kind: fc.constant('state' as const),
  run: draftRun,
  state: fc.oneof(fc.constantFrom(...STATES), pick<State>([2, 'RUNNING'], [3, 'FINISHED'], [2, 'FAILED'])),
  rewindBy: pick<number | undefined>([10, undefined], [1, 0], [1, 2], [1, 5]),
});

const heartbeat = fc.record({
  kind: fc.constant('heartbeat' as const),
  run: draftRun,
  interval: pick([3, 5], [2, 20], [1, 600]),
});

const look = fc.record({ kind: fc.constant('look' as const), run: draftRun });

const place = pick<Place>(
  [4, { team: 'red', project: 'p' }],
  [1, { team: 'red', project: 'q' }],
  [1, { team: 'blue', project: 'p' }],
  [4, { team: 'red', registry: 'models' }],
  [1, { team: 'blue', registry: 'models' }],
  [1, { team: 'red', registry: 'data' }],
);

const artifactEvent = fc.record({
  kind: fc.constant('artifact' as const),
  type: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...ARTIFACT_EVENTS) },
    { weight: 2, arbitrary: pick<ArtifactEventType>([3, 'artifact.alias_added'], [2, 'artifact.linked']) },
  ),
  place,
  user,
  collection: pick([3, 'detector'], [1, 'faces']),
  version: fc.integer({ min: 0, max: 3 }),
  alias: pick([3, 'production'], [1, 'staging'], [1, 'latest']),
  tag: pick([3, 'nightly'], [1, 'reviewed']),
  metadata: pick<Json>([1, { accuracy: 1 }], [1, { accuracy: 2 }], [1, { accuracy: 3 }], [1, {}]),
});

const versionEvent = artifactEvent.map((draft) =>
  draft.type === 'artifact.created' ? { ...draft, place: { team: draft.place.team, project: 'p' } } : draft,
);

const customEvent = fc.record({
  kind: fc.constant('custom' as const),
  type: pick<`custom.${string}`>([2, 'custom.trained'], [1, 'custom.evaluated']),
  place,
  user,
  data: pick<Json>([1, { stage: 'a' }], [1, null]),
});

const repost = fc.record({ kind: fc.constant('repost' as const), of: fc.nat(100) });

/** What happens next: mostly metrics. */
export const draftEvent: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 24, arbitrary: metricsEvent },
  { weight: 8, arbitrary: stateEvent },
  { weight: 3, arbitrary: heartbeat },
  { weight: 2, arbitrary: look },
  { weight: 6, arbitrary: versionEvent },
  { weight: 2, arbitrary: customEvent },
  { weight: 3, arbitrary: repost },
);

/** What a single run does next: little else than metrics. */
export const draftEventOfOneRun: fc.Arbitrary<Draft> = fc
  .oneof<fc.Arbitrary<DraftEvent>[]>(
    metricsEvent,
    metricsEvent,
    metricsEvent,
    metricsEvent,
    stateEvent,
    repost,
  )
  .map(ofOneRun);

/** What a single run does next that is watched for its pulse. */
export const draftEventOfPulse: fc.Arbitrary<Draft> = fc
  .oneof<fc.Arbitrary<Draft>[]>(heartbeat, heartbeat, heartbeat, look, look, stateEvent, metricsEvent, repost)
  .map(ofOneRun);

function ofOneRun(draft: Draft): Draft {
  return 'run' in draft ? { ...draft, run: { ...draft.run, team: 'red', project: 'p', run: 1 } } : draft;
}
