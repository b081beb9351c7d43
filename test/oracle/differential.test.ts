// The product against the oracle: the same firings, however the stream is cut, doubled or late.
import fc from 'fast-check';
import { deliveryId } from '../../core/delivery.ts';
import { handCases } from './by-hand.ts';
import { expectFirings } from './oracle.ts';
import { type Batching, decide, letIn, ONE_BY_ONE } from './product.ts';
import { LITERAL } from './readings.ts';
import { aWorld, type World } from './streams.ts';
import type { Arrival } from './world.ts';

/** `npm run prove:matching` runs the long form. */
const WORLDS = Number(process.env['ORACLE_WORLDS'] ?? 5_000);

const aBatching: fc.Arbitrary<Batching> = fc.record({
  perMessage: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
  perBatch: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  repeated: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
});

/** The delivery that a firing of the oracle's must be. */
function deliveryOf(
  { automation, occurrence }: { automation: string; occurrence: string },
  arrivals: Arrival[],
) {
  const [kind, first = '', ...rest] = occurrence.split(':');
  if (kind === 'event') {
    const event = [first, ...rest].join(':');
    const team = arrivals.find((arrival) => arrival.event.id === event)?.event.team ?? '';
    return deliveryId(automation, { event, team });
  }
  const [team = '', project = '', run = ''] = first.split('/');
  const [attempt, metric = '', step] = rest;
  return deliveryId(automation, { run, team, project, attempt: Number(attempt), metric, step: Number(step) });
}

const PRODUCT = {
  ...LITERAL,
  judgesLateNonFinite: true,
  judgesRepeatedNonFinite: true,
  forgetsWhatNobodyWatches: false,
  teamHoldsRegistryEvents: true,
};

async function compare(world: World, batching: Batching): Promise<void> {
  const { automations, arrivals } = letIn(world);
  const { firings } = expectFirings(automations, arrivals, PRODUCT);
  const { deliveries } = await decide(automations, arrivals, batching);
  const expected = firings.map((firing) => [
    firing.automation,
    firing.occurrence,
    deliveryOf(firing, arrivals),
  ]);
  const decided = deliveries.map(({ id, automationId, facts }) => [
    automationId,
    expected.find((one) => one[2] === id)?.[1] ?? JSON.stringify(facts),
    id,
  ]);
  expect(decided.sort()).toEqual(expected.sort());
}

test.each(handCases)('by hand: $name', ({ automations, arrivals }) =>
  compare({ automations, arrivals }, ONE_BY_ONE),
);

test('random worlds fire as the oracle says, however they are cut into batches', async () => {
  // Where rounding may turn a judgement either way, nobody is right.
  const world = aWorld().filter(
    (one) => expectFirings(one.automations, one.arrivals).borderline.length === 0,
  );
  await fc.assert(fc.asyncProperty(world, aBatching, compare), { numRuns: WORLDS });
}, 3_600_000);
