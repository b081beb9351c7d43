import type { OracleAutomation, Repeat, Scope, Trigger, WireEvent } from '../oracle/world.ts';
import type { Change } from './checker/observed.ts';
import { makers, PROJECT, TEAM } from './events.ts';
import type { Mood } from './moods.ts';
import type { Random } from './random.ts';
import type { Manner } from './receivers.ts';

/** What users have set up and do in a world. */
export interface Plan {
  team: string;
  integrations: { url: string; manner: Manner; endsWell: boolean }[];
  automations: PlannedAutomation[];
  /** Each sender keeps the order of its requests: it posts one until it is taken. */
  senders: { atMs: number; events: WireEvent[] }[][];
  /** Access tokens that take the place of each other. */
  rotations: number[];
  /** Garbage on the events queue. */
  broken: number[];
  quietFromMs: number;
  /** How many days later everything old comes once more. */
  daysLater: number;
}

export interface PlannedAutomation {
  scope: Scope;
  trigger: OracleAutomation['trigger'];
  /** Undefined for a no-op. */
  integration: number | undefined;
  supersede: boolean;
  maxPerMinute: number;
  expiresAfterSeconds: number | undefined;
  change: { atMs: number; kind: Change['kind'] } | undefined;
}

/** A plain automation of the project, but for what is said otherwise. */
export function anAutomation(
  trigger: OracleAutomation['trigger'],
  more: Partial<PlannedAutomation> = {},
): PlannedAutomation {
  return {
    ...{ scope: IN_PROJECT, trigger, integration: 0, supersede: false, maxPerMinute: 30 },
    ...{ expiresAfterSeconds: undefined, change: undefined },
    ...more,
  };
}

const [SECOND_MS, MINUTE_MS, HOUR_MS] = [1_000, 60_000, 3_600_000];

/** Changes take effect within five seconds of a save; events come later than that. */
const SETTLED_MS = 10 * SECOND_MS;

export function drawPlan(random: Random, startMs: number, mood?: Mood): Plan {
  const plan = drawAnyPlan(random, startMs + SETTLED_MS);
  return mood ? { ...plan, ...mood.plan(random, startMs + SETTLED_MS) } : plan;
}

function drawAnyPlan(random: Random, firstMs: number): Plan {
  // Most faults need little to do harm, and small worlds are quick.
  const isSmall = random.chance(0.65);
  const lengthMs = random.pick([2 * MINUTE_MS, 2 * MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS]);
  const quietFromMs = firstMs + lengthMs + (random.chance(0.15) ? 30 * HOUR_MS : 0);
  const gapMs = random.pick([50, 1_000, 20_000, Math.floor(lengthMs / 12)]);
  const integrations = Array.from({ length: isSmall ? 1 : random.between(1, 3) }, (_, at) =>
    drawIntegration(random, isSmall, at),
  );
  const senders = random.chance(0.03)
    ? drawStorm(random, firstMs)
    : drawSenders(random, isSmall, firstMs, gapMs);
  const moments = senders.flat().map(({ atMs }) => atMs);
  return {
    team: TEAM,
    integrations,
    automations: Array.from({ length: isSmall ? random.between(1, 2) : random.between(1, 5) }, () =>
      drawAutomation(random, integrations.length, () =>
        // What happens at the same time is what may go wrong.
        random.chance(0.5)
          ? random.pick(moments) + random.between(-50, 100)
          : firstMs + random.below(lengthMs),
      ),
    ),
    senders,
    rotations: random.chance(0.3) ? drawMoments(random, firstMs, lengthMs, 3) : [],
    broken: random.chance(0.1) ? drawMoments(random, firstMs, lengthMs, 2) : [],
    quietFromMs,
    daysLater: random.between(1, 28),
  };
}

function drawMoments(random: Random, fromMs: number, lengthMs: number, most: number): number[] {
  return Array.from({ length: random.between(1, most) }, () => fromMs + random.below(lengthMs)).sort(
    (a, b) => a - b,
  );
}

function drawIntegration(random: Random, isSmall: boolean, at: number): Plan['integrations'][number] {
  const manner = random.chance(0.5)
    ? 'well'
    : random.pick<Manner>(['flaky', 'flaky', 'slow', 'hanging', 'down', 'refusing', 'gone', 'asks for time']);
  // Many deliveries that wait for days for what never comes back would be most of the work.
  const endsWell = manner === 'well' || manner === 'slow' || !isSmall || random.chance(0.97);
  return { url: `https://hook-${at}.example.com/in`, manner, endsWell };
}

function drawAutomation(random: Random, integrations: number, drawMoment: () => number): PlannedAutomation {
  const { trigger, scope } = drawTrigger(random);
  const isQuick = random.chance(0.2);
  const change = random.chance(0.3)
    ? {
        atMs: drawMoment(),
        kind: random.pick<Change['kind']>(['disable', 'delete', 'edit trigger', 'edit action', 'enable']),
      }
    : undefined;
  return anAutomation(trigger, {
    scope,
    integration: random.chance(0.9) ? random.below(integrations) : undefined,
    supersede: random.chance(0.25) && !trigger.event.startsWith('custom.'),
    maxPerMinute: isQuick ? random.between(1, 3) : 30,
    expiresAfterSeconds: random.chance(0.1) ? random.pick([60, 600, 7_200]) : undefined,
    change,
  });
}

const IN_PROJECT: Scope = { kind: 'project', team: TEAM, project: PROJECT };
const EVERYWHERE: Scope[] = [IN_PROJECT, IN_PROJECT, { kind: 'team', team: TEAM }, { kind: 'organization' }];
const IN_COLLECTION: Scope = { kind: 'collection', team: TEAM, project: PROJECT, collection: 'c' };
const REPEATS: Repeat[] = [
  ...(['every_time', 'every_time', 'once_per_run', 'once_a_day', 'after_false'] as const).map((mode) => ({
    mode,
  })),
  { mode: 'interval', seconds: 10 * 3600 },
];

function drawTrigger(random: Random): { trigger: Trigger; scope: Scope } {
  const repeat = random.pick(REPEATS);
  const metric = 'loss';
  const below = { metric, comparison: '<', value: 0.5 } as const;
  const scope = random.pick(EVERYWHERE);
  const artifactScope = random.pick([...EVERYWHERE, IN_COLLECTION]);
  return random.pick<() => { trigger: Trigger; scope: Scope }>([
    () => ({
      trigger: { event: 'artifact.alias_added', filter: { alias: 'production' } },
      scope: artifactScope,
    }),
    () => ({ trigger: { event: 'artifact.alias_added' }, scope: artifactScope }),
    () => ({ trigger: { event: 'custom.deploy' }, scope }),
    () => ({ trigger: { event: 'run.metrics', threshold: below, repeat }, scope }),
    () => ({ trigger: { event: 'run.metrics', threshold: below, repeat: { mode: 'every_time' } }, scope }),
    () => ({
      trigger: { event: 'run.metrics', threshold: { ...below, aggregate: 'average', window: 3 }, repeat },
      scope,
    }),
    () => ({
      trigger: {
        event: 'run.metrics',
        change: { metric, window: 1, prior_window: 2, change_type: 'absolute', amount: 0.3 },
        repeat,
      },
      scope,
    }),
    () => ({ trigger: { event: 'run.metrics', not_finite: { metric }, repeat }, scope }),
    () => ({ trigger: { event: 'run.state', states: ['FAILED', 'FINISHED'], repeat }, scope }),
    () => ({ trigger: { event: 'run.state', states: ['RUNNING'], repeat: { mode: 'every_time' } }, scope }),
  ])();
}

function drawSenders(random: Random, isSmall: boolean, firstMs: number, gapMs: number): Plan['senders'] {
  const kinds = Array.from({ length: isSmall ? 1 : random.between(1, 3) }, () =>
    random.pick(['run', 'run', 'collection', 'custom']),
  );
  return kinds.map((kind, sender) => {
    const next = makers[kind as keyof typeof makers](random, sender);
    let atMs = firstMs;
    const requests = Array.from({ length: isSmall ? random.between(1, 3) : random.between(1, 6) }, () => {
      atMs += random.below(gapMs);
      return { atMs, events: Array.from({ length: random.chance(0.7) ? 1 : random.between(2, 4) }, next) };
    });
    const known = random.pick(requests);
    const again = random.chance(0.25) ? [{ ...known, atMs: atMs + random.below(20 * MINUTE_MS) }] : [];
    const later = random.chance(0.1) ? [{ atMs: atMs + 28 * HOUR_MS, events: [next(), next()] }] : [];
    return [...requests, ...again, ...later];
  });
}

/** Many events at once. */
function drawStorm(random: Random, firstMs: number): Plan['senders'] {
  const next = random.pick([makers.custom, makers.collection])(random, 0);
  const requests = random.between(1, 3);
  return [
    Array.from({ length: requests }, (_, at) => ({
      atMs: firstMs + at,
      events: Array.from({ length: 12 }, next),
    })),
  ];
}
