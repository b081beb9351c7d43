import type { Service } from './ambient.ts';
import type { Mood } from './moods.ts';
import type { FunctionName } from './product.ts';
import type { Random } from './random.ts';

/** What goes wrong in a world: probabilities at each call, unless they say otherwise. */
export interface Faults {
  /** The function dies before or after the call. */
  kill: number;
  /** Whether it dies at writes only: dying at a read is, for all that anybody can see, dying after the write before. */
  sparesReads: boolean;
  /** The call is refused and changes nothing. */
  throttle: number;
  /** The call is done, and its answer gets lost. */
  lost: number;
  /** The call is done, its answer gets lost, and the client does it once more by itself. */
  repeated: number;
  /** The call takes up to a second. */
  slow: number;
  /** The call takes seconds, up to so many, and which functions make such calls. */
  stall: number;
  longestStallMs: number;
  stalled: readonly FunctionName[];
  /** The request never reaches its receiver. */
  unreachable: number;
  /** The request arrives, and the connection dies before the answer comes. */
  deaf: number;
  /** SQS takes a part of a batch only. */
  partial: number;
  /** A standard queue takes a message twice. */
  doubles: number;
  /** A message is received once more while somebody works on it. */
  receivesTwice: number;
  /** The mapping fails to delete what was done. */
  undeleted: number;
  /** A function starts cold although a warm one is there. */
  cold: number;
  /** A client gets no answer to what was done. */
  unanswered: number;
  /** EventBridge skips a minute. */
  skipsSweep: number;
  /** A batch read leaves keys out, a query's page is short, an item stays beyond its time to live. */
  unprocessed: number;
  shortPages: number;
  outlives: number;
  /** An inconsistent read sees what was before. */
  oldReads: number;
  /** How long an index may be behind, and how far clocks are off. */
  indexDelayMs: number;
  skewMs: number;
  /** Times at which a service refuses everything. */
  outages: { service: Service; fromMs: number; toMs: number }[];
}

/** The kinds of faults that have a probability, or a number of ms. */
export type Odd = { [Kind in keyof Faults]: Faults[Kind] extends number ? Kind : never }[keyof Faults];

/** Those of which nobody is promised within seconds what they do. */
const STALLED: Faults['stalled'] = ['matcher', 'admin'];

export const NO_FAULTS: Faults = {
  ...{ kill: 0, throttle: 0, lost: 0, repeated: 0, slow: 0, stall: 0, unreachable: 0, deaf: 0 },
  ...{ partial: 0, doubles: 0, receivesTwice: 0, undeleted: 0, cold: 0, unanswered: 0, skipsSweep: 0 },
  ...{ unprocessed: 0, shortPages: 0, outlives: 0.5, oldReads: 0, indexDelayMs: 0, skewMs: 0 },
  ...{ sparesReads: false, stalled: STALLED, longestStallMs: 15_000, outages: [] },
};

const MINUTE_MS = 60_000;
const MAX_SKEW_MS = 2_000;

/** What goes wrong from a moment on; a mood's own faults come alone or with others. */
export function drawFaults(random: Random, fromMs: number, mood?: Mood): Faults {
  const faults = drawAnyFaults(random, fromMs);
  if (!mood) return faults;
  const others = random.chance(0.5) ? NO_FAULTS : faults;
  return mood.faults ? { ...others, ...mood.faults(random, fromMs) } : others;
}

/** Most kinds of faults stay away from most worlds, so that each can show what it does by itself. */
function drawAnyFaults(random: Random, fromMs: number): Faults {
  if (random.chance(0.12)) return NO_FAULTS;
  const some = (most: number) => (random.chance(0.45) ? most * random.next() ** 2 : 0);
  return {
    ...NO_FAULTS,
    ...{ kill: some(0.06), throttle: some(0.08), lost: some(0.05), repeated: some(0.06), slow: some(0.2) },
    ...{ unreachable: some(0.3), deaf: some(0.3), partial: some(0.2), doubles: some(0.5) },
    ...{ receivesTwice: some(0.5), undeleted: some(0.3), cold: some(0.5), unanswered: some(0.2) },
    ...{ skipsSweep: some(0.5), unprocessed: some(0.3), shortPages: some(0.5), outlives: random.next() },
    oldReads: some(0.6),
    stall: random.chance(0.2) ? 0.1 * random.next() : 0,
    indexDelayMs: random.chance(0.5) ? random.between(1, 5_000) : 0,
    skewMs: random.chance(0.5) ? random.between(1, MAX_SKEW_MS) : 0,
    outages: random.chance(0.15) ? [drawOutage(random, fromMs)] : [],
  };
}

function drawOutage(random: Random, fromMs: number): Faults['outages'][number] {
  const begin = fromMs + random.below(10 * MINUTE_MS);
  const minutes = random.chance(0.5) ? random.between(1, 10) : random.between(30, 120);
  const service = random.pick<Service>(['dynamodb', 'sqs', 'secrets', 'http']);
  return { service, fromMs: begin, toMs: begin + minutes * MINUTE_MS };
}
