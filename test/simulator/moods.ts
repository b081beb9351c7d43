import type { WireEvent } from '../oracle/world.ts';
import type { Change } from './checker/observed.ts';
import { makers, PROJECT, TEAM } from './events.ts';
import type { Faults } from './faults.ts';
import { anAutomation, type Plan, type PlannedAutomation } from './plan.ts';
import type { Random } from './random.ts';
import type { Manner } from './receivers.ts';

/**
 * What a world is about (swarm testing): its plan and its faults bring about what chance alone rarely does. The rest
 * of both is drawn as ever.
 */
export interface Mood {
  name: string;
  plan: (random: Random, firstMs: number) => Partial<Plan>;
  faults?: (random: Random, fromMs: number) => Partial<Faults>;
  /** How often a message is received before it is dead. */
  mostReceives?: number;
}

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000];

/** One request after the other, about `gapMs` apart, with so many events each. */
function aSender(
  random: Random,
  firstMs: number,
  { requests, gapMs, events = 1 }: { requests: number; gapMs: number; events?: number },
  next: () => WireEvent,
): Plan['senders'][number] {
  let atMs = firstMs;
  return Array.from({ length: requests }, () => {
    atMs += random.between(gapMs / 2, gapMs * 1.5);
    return { atMs, events: Array.from({ length: events }, next) };
  });
}

const anIntegration = (manner: Manner): Plan['integrations'][number] => ({
  ...{ url: 'https://hook-0.example.com/in', manner, endsWell: true },
});

const onDeploy = (more?: Partial<PlannedAutomation>) => anAutomation({ event: 'custom.deploy' }, more);
const onAlias = (more?: Partial<PlannedAutomation>) => anAutomation({ event: 'artifact.alias_added' }, more);
const onLoss = (more?: Partial<PlannedAutomation>) =>
  anAutomation(
    {
      ...{ event: 'run.metrics', repeat: { mode: 'every_time' } },
      threshold: { metric: 'loss', comparison: '<', value: 0.5 },
    },
    more,
  );

/** What a lost value of a run shows in. */
const ofSeveralValues: PlannedAutomation[] = [
  anAutomation({
    ...{ event: 'run.metrics', repeat: { mode: 'once_per_run' } },
    threshold: { metric: 'loss', comparison: '<', value: 0.3, aggregate: 'average', window: 2 },
  }),
  anAutomation({
    ...{ event: 'run.metrics', repeat: { mode: 'every_time' } },
    threshold: { metric: 'loss', comparison: '<', value: 0.5, aggregate: 'average', window: 3 },
  }),
  anAutomation({
    ...{ event: 'run.metrics', repeat: { mode: 'every_time' } },
    change: { metric: 'loss', window: 1, prior_window: 2, change_type: 'absolute', amount: 0.3 },
  }),
  anAutomation({
    ...{ event: 'run.metrics', repeat: { mode: 'after_false' } },
    threshold: { metric: 'loss', comparison: '<', value: 0.5 },
  }),
].map((one) => ({ ...one, integration: undefined }));

/** Versions of one collection that all get the same alias. */
function releases(): () => WireEvent {
  let version = 0;
  return () => ({
    ...{ type: 'artifact.alias_added', id: `e0-${version}`, team: TEAM, project: PROJECT, user: 'ada' },
    ...{ collection: { name: 'c', type: 'model' }, version: `v${version}`, index: version++ },
    ...{ aliases: [], tags: [], metadata: {}, alias: 'production' },
  });
}

const moods: Mood[] = [
  {
    name: 'requests of many groups, of which SQS takes a part',
    plan: (random, firstMs) => {
      const next = [makers.run, makers.run, makers.collection, makers.custom].map((make, at) =>
        make(random, at),
      );
      const of = { requests: 2, gapMs: 5 * SECOND_MS, events: 4 };
      return {
        senders: [aSender(random, firstMs, of, () => random.pick(next)())],
        automations: [onDeploy({ integration: undefined }), random.pick([onAlias(), onLoss()])],
      };
    },
    faults: () => ({ partial: 0.4 }),
  },
  {
    name: 'messages die, and who redrives them dies as well',
    mostReceives: 1,
    plan: (random, firstMs) => ({
      senders: [
        aSender(random, firstMs, { requests: 3, gapMs: 20 * SECOND_MS }, makers.custom(random, 0)),
        aSender(random, firstMs, { requests: 2, gapMs: 20 * SECOND_MS }, makers.collection(random, 1)),
      ],
      automations: [onDeploy({ integration: undefined }), onAlias()],
      quietFromMs: firstMs + 20 * MINUTE_MS,
    }),
    faults: (_random, fromMs) => ({
      ...{ kill: 0.15, sparesReads: true },
      outages: [{ service: 'dynamodb', fromMs, toMs: fromMs + 2 * MINUTE_MS }],
    }),
  },
  {
    name: 'rivals for one run',
    plan: (random, firstMs) => ({
      senders: [aSender(random, firstMs, { requests: 9, gapMs: 2 * SECOND_MS }, makers.run(random, 0))],
      automations: [random.pick(ofSeveralValues), random.pick(ofSeveralValues)],
      quietFromMs: firstMs + 3 * MINUTE_MS,
    }),
    faults: () => ({ receivesTwice: 0.7, stall: 0.12, stalled: ['matcher'] }),
  },
  {
    name: 'outboxes that the sweeper comes to late',
    plan: (random, firstMs) => ({
      senders: [aSender(random, firstMs, { requests: 4, gapMs: 10 * SECOND_MS }, makers.run(random, 0))],
      automations: [onLoss({ integration: random.pick([0, undefined]) })],
      quietFromMs: firstMs + 10 * MINUTE_MS,
    }),
    faults: (random) => ({ kill: 0.15, sparesReads: true, skipsSweep: 0.9, lost: random.pick([0, 0.15]) }),
  },
  {
    name: 'changes while caches are warm',
    plan: (random, firstMs) => ({
      senders: [aSender(random, firstMs, { requests: 20, gapMs: 2_500 }, makers.custom(random, 0))],
      automations: Array.from({ length: 3 }, () => {
        const kind = random.pick<Change['kind']>(['disable', 'delete', 'edit trigger']);
        const change = { atMs: firstMs + random.between(5, 20) * SECOND_MS, kind };
        return onDeploy({ integration: undefined, change });
      }),
    }),
    faults: () => ({ stall: 0.15, longestStallMs: 4_000, stalled: ['admin'] }),
  },
  {
    name: 'actions are edited between firing and sending',
    plan: (random, firstMs) => ({
      integrations: [anIntegration(random.pick<Manner>(['down', 'flaky', 'slow', 'asks for time']))],
      senders: [aSender(random, firstMs, { requests: 3, gapMs: SECOND_MS }, makers.custom(random, 0))],
      automations: [
        onDeploy({ change: { atMs: firstMs + random.between(2, 120) * SECOND_MS, kind: 'edit action' } }),
      ],
      quietFromMs: firstMs + 20 * MINUTE_MS,
    }),
  },
  {
    name: 'messages come again while a receiver thinks',
    plan: (random, firstMs) => ({
      integrations: [anIntegration(random.pick<Manner>(['slow', 'slow', 'hanging']))],
      senders: [aSender(random, firstMs, { requests: 2, gapMs: 5 * SECOND_MS }, makers.custom(random, 0))],
      automations: [onDeploy()],
      quietFromMs: firstMs + 2 * MINUTE_MS,
    }),
    faults: (random) => ({ doubles: 0.8, receivesTwice: random.pick([0, 0.5]) }),
  },
  {
    name: 'who sends dies, and dies again',
    plan: (random, firstMs) => ({
      integrations: [anIntegration(random.pick<Manner>(['well', 'well', 'flaky']))],
      senders: [
        aSender(random, firstMs, { requests: 2, gapMs: SECOND_MS, events: 3 }, makers.custom(random, 0)),
      ],
      automations: [onDeploy()],
      quietFromMs: firstMs + 15 * MINUTE_MS,
    }),
    faults: () => ({ kill: 0.15, sparesReads: true, repeated: 0.25 }),
  },
  {
    name: 'newer ones overtake who stands still',
    plan: (random, firstMs) => ({
      integrations: [anIntegration(random.pick<Manner>(['well', 'flaky']))],
      senders: [aSender(random, firstMs, { requests: 5, gapMs: 7 * SECOND_MS }, releases())],
      automations: [onAlias({ supersede: true })],
    }),
    faults: () => ({ stall: 0.2, stalled: ['dispatcher'] }),
  },
];

/** Nearly every other world has one. */
export function drawMood(random: Random): Mood | undefined {
  return random.chance(0.45) ? random.pick(moods) : undefined;
}
