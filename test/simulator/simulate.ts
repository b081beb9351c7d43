import { check } from './checker/check.ts';
import type { Listed, Observed } from './checker/observed.ts';
import { drawFaults, type Faults, NO_FAULTS } from './faults.ts';
import { drawMood } from './moods.ts';
import { drawPlan, type Plan } from './plan.ts';
import type { Product } from './product.ts';
import { Random } from './random.ts';
import { Trace } from './trace.ts';
import { Users } from './users.ts';
import { World } from './world.ts';

export interface Schedule {
  seed: number;
  hash: string;
  violations: string[];
  counts: Record<string, number>;
  virtualMs: number;
  trace: Trace;
}

const START_MS = Date.UTC(2026, 0, 5, 12);
const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

/** One world from its seed: users and faults for a while, then quiet, then old things once more, then a look at it all. */
export async function simulate(
  products: readonly Product[],
  seed: number,
  isInWords = false,
): Promise<Schedule> {
  const random = new Random(seed);
  const trace = new Trace(isInWords);
  const mood = drawMood(random);
  const startMs = START_MS + random.below(60_000);
  const world = new World({ products, random, trace, startMs, mostReceives: mood?.mostReceives });
  const plan = drawPlan(random, startMs, mood);
  const users = new Users(world, plan);
  await users.setUp();
  const faults = spared(drawFaults(random, startMs, mood), products);
  const first = await storm(world, plan, faults, plan.quietFromMs, () => users.begin());
  const historyBefore = await users.listDeliveries();
  world.nowMs += plan.daysLater * DAY_MS;
  const laterFromMs = world.nowMs;
  const resent = pickResent(world, historyBefore);
  const later = random.chance(0.6) ? NO_FAULTS : spared(drawFaults(random, laterFromMs), products);
  const second = await storm(world, plan, later, laterFromMs + 20 * MINUTE_MS, () => {
    oldThingsComeAgain(world);
    for (const id of resent) users.resend(id);
  });
  const observed = await observe(world, plan, users, {
    hasFaults: faults !== NO_FAULTS || later !== NO_FAULTS,
    isMixed: products.length > 1,
    mayStandStill: faults.stall > 0 && faults.stalled.includes('dispatcher'),
    phases: [first, second],
    ...{ historyBefore, laterFromMs, resent },
  });
  trace.note(world.nowMs, JSON.stringify([observed.history, observed.posts]));
  const violations = [...users.surprises.map((text) => `API: ${text}`), ...check(observed)];
  countUp(world, observed);
  return {
    ...{ seed, hash: trace.hash, violations, trace },
    counts: world.counts,
    virtualMs: world.nowMs - startMs,
  };
}

/** Functions of the older version took a page that ends before its limit for the last one. */
function spared(faults: Faults, products: readonly unknown[]): Faults {
  return products.length > 1 ? { ...faults, shortPages: 0 } : faults;
}

type Told = Pick<
  Observed,
  'hasFaults' | 'isMixed' | 'mayStandStill' | 'phases' | 'historyBefore' | 'laterFromMs' | 'resent'
>;

/** All that can be seen of a world that has come to rest. */
export async function observe(world: World, plan: Plan, users: Users, told: Told): Promise<Observed> {
  return {
    ...told,
    automations: users.automations,
    integrations: integrationsOf(plan, users),
    accessTokens: users.accessTokens,
    accepted: users.accepted,
    posts: world.receivers.posts,
    history: await users.readHistory(),
    left: leftIn(world),
    overtaken: overtakenIn(world),
    deadRecords: deadRecordsIn(world),
    brokenMessages: plan.broken.length,
  };
}

/** Faults until a moment, then quiet until nothing is left to do. */
async function storm(
  world: World,
  plan: Plan,
  faults: Faults,
  quietFromMs: number,
  begin: () => void,
): Promise<Observed['phases'][number]> {
  world.faults = faults;
  begin();
  world.plan(quietFromMs, () => {
    world.faults = NO_FAULTS;
    world.endDeployment();
    for (const { url, endsWell } of plan.integrations) if (endsWell) world.receivers.behave(url, 'well');
  });
  const isAtRest = await world.run();
  return { quietFromMs, restAtMs: isAtRest ? world.nowMs : undefined };
}

/** An operator redrives what was in the queues up to four weeks ago. */
function oldThingsComeAgain({ queues, random }: World): void {
  for (const name of ['events', 'deliveries'] as const) {
    const queue = queues[name];
    for (const entry of [...queue.log]) {
      if (random.chance(0.5)) queue.send({ ...entry, MessageDeduplicationId: `again-${queue.log.length}` });
    }
  }
}

function pickResent({ random }: World, deliveries: Listed[]): string[] {
  const ended = deliveries.filter(({ integration }) => integration !== undefined);
  return ended.filter(() => random.chance(0.2)).map(({ id }) => id);
}

function integrationsOf(plan: Plan, users: Users): Observed['integrations'] {
  return plan.integrations.map(({ url, manner, endsWell }, at) => ({
    id: users.integrationIds[at] ?? '',
    ...{ url, endsWell },
    mayBeDisabled: manner === 'gone' || !endsWell,
    refuses: manner === 'refusing' || manner === 'gone',
    isPrompt: manner === 'well',
  }));
}

function leftIn({ queues: { events, deliveries } }: World): Observed['left'] {
  return {
    events: events.size,
    deliveries: deliveries.size,
    deadEvents: events.deadLetters?.size ?? 0,
    outdated: events.outdated + (events.deadLetters?.outdated ?? 0),
  };
}

/** Subjects whose messages were brought back from the dead-letter queue. */
function overtakenIn({ queues: { events } }: World): string[] {
  const redriven = events.log.filter(({ MessageAttributes }) => MessageAttributes?.['redrives']);
  return redriven.map(({ MessageBody }) => MessageBody.split('\t')[6] ?? '');
}

function deadRecordsIn({ table }: World): string[] {
  return [...table.items()].filter(({ pk }) => pk === 'DEAD').map(({ reason }) => String(reason));
}

function countUp(world: World, observed: Observed): void {
  world.count('events', observed.accepted.length);
  world.count('deliveries', observed.history.length);
  world.count(
    'attempts',
    observed.history.reduce((sum, { attempts }) => sum + attempts.length, 0),
  );
}
