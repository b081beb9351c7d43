// The product against the oracle: the same firings, however the stream is cut, doubled or late.
import fc from 'fast-check';
import { type Expectation, expectFirings } from './oracle.ts';
import { type Admitted, type Batching, type Decided, decide, deliveryIdOf, letIn } from './product.ts';
import { aWorld, type World } from './streams.ts';

const aBatching: fc.Arbitrary<Batching> = fc.record({
  perBatch: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  repeated: fc.oneof(fc.constant<boolean[]>([false]), fc.array(fc.boolean(), { minLength: 1, maxLength: 4 })),
});

/** What came of one world. */
export interface Comparison {
  /** Rounding may turn a judgement either way: a difference says nothing, unless the numbers are known to be exact. */
  isBorderline: boolean;
  /** In words, one each; of as many kinds as there are. */
  differences: string[];
  arrivals: number;
  firings: number;
  /** Automations and arrivals that the product's doors did not let in. */
  refused: number;
}

/** Runs both over one world. */
export async function compare(world: World, batching: Batching): Promise<Comparison> {
  const admitted = letIn(world);
  const { refused } = admitted;
  const expected = expectFirings(admitted.automations, admitted.arrivals, admitted.looks);
  const isBorderline = expected.borderline.length > 0;
  const counts = {
    arrivals: admitted.arrivals.length,
    firings: expected.firings.length,
    refused,
    isBorderline,
  };
  try {
    const decided = await decide(admitted, batching);
    const differences = differencesOf(admitted, expected, decided);
    // A message that changed nothing is not noted as applied: what it holds back is counted again when it comes again.
    const held = batching.repeated.includes(true) ? [] : heldBackDiffers(expected, decided);
    return { differences: [...differences, ...held], ...counts };
  } catch (error) {
    return { differences: [`the product fails: ${(error as Error).message}`], ...counts };
  }
}

function differencesOf({ arrivals }: Admitted, expected: Expectation, decided: Decided): string[] {
  const differences: string[] = [];
  const left = new Map(decided.deliveries);
  for (const firing of expected.firings) {
    const id = deliveryIdOf(firing, arrivals);
    const delivery = left.get(id);
    left.delete(id);
    const name = `${firing.automation} on ${firing.occurrence}`;
    if (!delivery) differences.push(`does not fire: ${name}`);
    else if (!isSame(delivery.facts['metric_value'], firing.value)) {
      differences.push(`fires with ${delivery.facts['metric_value']}, not ${firing.value}: ${name}`);
    }
  }
  for (const { automationId, facts } of left.values()) {
    differences.push(`fires: ${automationId} on ${facts['event_id']}, step ${facts['step']}`);
  }
  if (decided.late !== expected.late) differences.push(`counts ${decided.late} late, not ${expected.late}`);
  return differences;
}

function heldBackDiffers(expected: Expectation, decided: Decided): string[] {
  const [held, expectedHeld] = [decided.heldBack, expected.heldBack].map((ids) => ids.toSorted().join(' '));
  return held === expectedHeld ? [] : [`holds back [${held}], not [${expectedHeld}]`];
}

/** The oracle knows no value of events without a number, nor of one that is not finite. */
function isSame(value: unknown, expected: number | undefined): boolean {
  if (expected === undefined)
    return value === undefined || ['NaN', 'Infinity', '-Infinity'].includes(String(value));
  return typeof value === 'number' && Math.abs(value - expected) <= 1e-9 * Math.abs(expected);
}

export interface Search {
  worlds: number;
  seed: number;
  /** Where in the shrinking of a counterexample to begin, as fast-check writes it. */
  path?: string;
  shrinks: boolean;
  onWorld?: (found: Found) => void;
}

export interface Found {
  worlds: number;
  /** Worlds that were left out as borderline. */
  skipped: number;
  arrivals: number;
  firings: number;
  refused: number;
  /** The smallest world found on which the two differ. */
  counterexample?: { world: World; batching: Batching; differences: string[]; path: string };
}

/** Compares random worlds until as many are done, or one differs. */
export async function search({ worlds, seed, path, shrinks, onWorld }: Search): Promise<Found> {
  const found: Found = { worlds: 0, skipped: 0, arrivals: 0, firings: 0, refused: 0 };
  let hasDifference = false;
  const property = fc.asyncProperty(aWorld(), aBatching, async (world, batching) => {
    const { isBorderline, differences, arrivals, firings, refused } = await compare(world, batching);
    if (!hasDifference) {
      found[isBorderline ? 'skipped' : 'worlds'] += 1;
      found.arrivals += arrivals;
      found.firings += firings;
      found.refused += refused;
      onWorld?.(found);
    }
    fc.pre(!isBorderline);
    hasDifference ||= differences.length > 0;
    return differences.length === 0;
  });
  const start = path === undefined ? {} : { path };
  const run = await fc.check(property, { numRuns: worlds, seed, ...start, endOnFailure: !shrinks });
  if (!run.counterexample) return found;
  const [world, batching] = run.counterexample;
  const { differences } = await compare(world, batching);
  return { ...found, counterexample: { world, batching, differences, path: run.counterexamplePath ?? '' } };
}
