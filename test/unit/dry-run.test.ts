// The product against itself: a dry run fires as the matcher does: the same deliveries with the same facts, and as often held back.
import fc from 'fast-check';
import { type DryRun, dryRun } from '../../core/dry-run/dry-run.ts';
import { type Admitted, decide, letIn } from '../oracle/product.ts';
import { aWorld } from '../oracle/streams.ts';

const WORLDS = 15;
const SEEDS = Array.from({ length: 10 }, (_, at) => at + 1);

function dryRunOf({ saved: [saved], events, arrivals }: Admitted): DryRun {
  if (!saved) throw new Error('an automation was let in');
  const { head, revision } = saved;
  const tried = { id: head.id, revision: head.revision, definition: revision.definition };
  const received = events.map((event, at) => ({ event, receivedAtMs: arrivals[at]?.receivedAtMs ?? 0 }));
  return dryRun(tried, received, 0);
}

/** Every event is in the answer, as a firing or with the reason why not; and every reason is counted. */
function expectAccounted({ events }: Admitted, { firings, misses, counts }: DryRun): void {
  const told = new Set([...firings, ...misses].map(({ event }) => event));
  expect(told).toEqual(new Set(events.keys()));
  const counted = new Map<string, number>();
  for (const { miss, count } of misses) counted.set(miss.reason, (counted.get(miss.reason) ?? 0) + count);
  if (firings.length > 0) counted.set('fired', firings.length);
  expect(new Map(counts)).toEqual(counted);
}

const seen = new Map<string, number>();

test.each(SEEDS)(
  'random automations fire in a dry run as they do in the matcher, from seed %i',
  async (seed) => {
    const property = fc.asyncProperty(aWorld(), async ({ automations, ...world }) => {
      // It finds silences by itself, at their very moment, and not where somebody looks.
      const arrivals = world.arrivals.filter(({ event }) => event.type !== 'run.heartbeat');
      for (const { deletedAtMs: _deleted, disabled: _disabled, ...automation } of automations) {
        // A dry run takes its automation to have been there all along, and to be alone.
        const admitted = letIn({ automations: [{ ...automation, savedAtMs: 0 }], arrivals });
        const decided = await decide(admitted);
        const outcome = dryRunOf(admitted);
        const dry = new Map(outcome.firings.map(({ delivery }) => [delivery.id, delivery.facts]));
        expect(dry).toEqual(new Map([...decided.deliveries].map(([id, { facts }]) => [id, facts])));
        expect(outcome.counts.get('held_back') ?? 0).toBe(decided.heldBack.length);
        expectAccounted(admitted, outcome);
        for (const [what, count] of outcome.counts) seen.set(what, (seen.get(what) ?? 0) + count);
      }
    });
    await fc.assert(property, { numRuns: WORLDS, seed });
  },
  600_000,
);

test('they meet every reason not to fire', () => {
  if (process.env['ORACLE_REPORT']) console.log(seen);
  const reasons = ['other_event', 'other_scope', 'other_metric', 'other_state', 'filter', 'window_not_full'];
  const ofWindows = [
    'too_few_runs',
    'not_met',
    'prior_is_zero',
    'no_deviation',
    'not_finite',
    'finite',
    'late',
  ];
  const ofRepeats = ['held_back', 'older_attempt', 'repeated', 'same_occurrence', 'same_state', 'fired'];
  expect([...seen.keys()].sort()).toEqual([...reasons, ...ofWindows, ...ofRepeats].sort());
});
