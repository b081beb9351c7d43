import { check } from './checker/check.ts';
import type { Observed } from './checker/observed.ts';
import { drawFaults, NO_FAULTS } from './faults.ts';
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
const DAY_MS = 86_400_000;

/** One world from its seed: users and faults for a while, then quiet, then a look at what came of it. */
export async function simulate(
  products: readonly Product[],
  seed: number,
  isInWords = false,
): Promise<Schedule> {
  const random = new Random(seed);
  const trace = new Trace(isInWords);
  const world = new World({ products, random, trace, startMs: START_MS + random.below(60_000) });
  const startMs = world.nowMs;
  const plan = drawPlan(random, world.nowMs);
  const users = new Users(world, plan);
  await users.setUp();
  world.faults = drawFaults(random, world.nowMs);
  const hasFaults = world.faults !== NO_FAULTS;
  users.begin();
  world.plan(plan.quietFromMs, () => calmDown(world, plan));
  const isAtRest = await world.run();
  const restAtMs = isAtRest ? world.nowMs : undefined;
  const history = await users.readHistory();
  const posts = [...world.receivers.posts];
  const isAtRestAgain = isAtRest && (await oldThingsComeAgain(world, plan));
  const observed: Observed = {
    ...{ hasFaults, quietFromMs: plan.quietFromMs },
    restAtMs: isAtRestAgain ? restAtMs : undefined,
    automations: users.automations,
    integrations: integrationsOf(plan, users),
    accessTokens: users.accessTokens,
    accepted: users.accepted,
    ...{ posts, history },
    historyLater: await users.listDeliveries(),
    postsLater: world.receivers.posts.length - posts.length,
    resent: [],
    left: leftIn(world),
    overtaken: overtakenIn(world),
    deadRecords: deadRecordsIn(world),
    brokenMessages: plan.broken.length,
  };
  trace.note(world.nowMs, JSON.stringify([observed.history, observed.posts]));
  const violations = [...users.surprises.map((text) => `API: ${text}`), ...check(observed)];
  countUp(world, observed);
  return {
    seed,
    hash: trace.hash,
    violations,
    counts: world.counts,
    virtualMs: world.nowMs - startMs,
    trace,
  };
}

function calmDown(world: World, plan: Plan): void {
  world.faults = NO_FAULTS;
  for (const { url, endsWell } of plan.integrations) if (endsWell) world.receivers.behave(url, 'well');
}

/** An operator redrives what was in the queues up to four weeks ago. */
async function oldThingsComeAgain(world: World, plan: Plan): Promise<boolean> {
  world.nowMs += plan.daysLater * DAY_MS;
  for (const name of ['events', 'deliveries'] as const) {
    const queue = world.queues[name];
    for (const entry of [...queue.log]) {
      if (world.random.chance(0.5))
        queue.send({ ...entry, MessageDeduplicationId: `again-${queue.log.length}` });
    }
  }
  return world.run();
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
