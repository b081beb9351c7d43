import type { TravellingEvent } from '../../core/event-message.ts';
import { aMetricsEvent, aStateEvent, aWatcher, onMetrics } from '../support/builders.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { aMatcher, SECOND_MS, START_MS } from '../support/matcher.ts';

type Value = number | string;
type Event = { attempt?: number } & (
  | { points: [step: number | null, value: Value][] }
  | { rewind_to: number }
);

interface On {
  /** A trigger's condition. */
  when: object;
  repeat?: object;
}

/** A matcher whose one automation has this condition. */
const matcherOn = ({ when, repeat = { mode: 'every_time' } }: On) =>
  aMatcher(aWatcher({ trigger: onMetrics(when, { repeat }) }));

/** The steps of what fired. */
const stepsOf = (firings: string[]) => firings.map((firing) => Number(firing.split('@').at(-1)));

describe('windows', () => {
  testFamilies<Value[], number[], On>(readCorpus('windows'), async (values, on) => {
    const events = values.map((value, step) => aPoint([step, value]));
    return stepsOf(await matcherOn(on).sendEach(...events));
  });
});

describe('order', () => {
  testFamilies<Event[] | [second: number, value: Value][], number[], On>(readCorpus('order'), (input, on) =>
    Array.isArray(input[0]) ? overTime(input as [number, Value][], on) : inOrder(input as Event[], on),
  );
});

async function inOrder(script: Event[], on: On): Promise<number[]> {
  return stepsOf(await matcherOn(on).sendEach(...script.map(toEvent)));
}

/** One value a step, each at its second. */
async function overTime(script: [second: number, value: Value][], on: On): Promise<number[]> {
  const { clock, send } = matcherOn(on);
  const fired: string[] = [];
  for (const [step, [second, value]] of script.entries()) {
    clock.nowMs = START_MS + second * SECOND_MS;
    fired.push(...(await send(aPoint([step, value]))));
  }
  return stepsOf(fired);
}

let made = 0;
const aPoint = (...points: [number | null, Value][]) => toEvent({ points });

function toEvent(event: Event): TravellingEvent {
  const run = { id: 'run-1', ...(event.attempt !== undefined && { attempt: event.attempt }) };
  if ('rewind_to' in event) return aStateEvent('RUNNING', { run, rewind_to: event.rewind_to });
  const toPoint = ([step, value]: [number | null, Value]) => ({
    ...(step !== null && { step }),
    metrics: { loss: value },
  });
  return aMetricsEvent({ id: `points-${++made}`, run, points: event.points.map(toPoint) });
}
