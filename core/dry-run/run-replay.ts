import type { Delivery } from '../delivery.ts';
import type { RunEvent, RunStateEvent } from '../event.ts';
import type { EventMessage } from '../event-message.ts';
import { eventReader } from '../matching/event-reader.ts';
import type { ScopeIndex } from '../matching/scope-index.ts';
import type { Watcher } from '../matching/watcher.ts';
import { type AppliedMessage, applyMessage, interestIn, type RunInterest } from '../runs/apply-message.ts';
import { hasSeenStateEvent, latchKey, newRunMemory, type RunMemory, silenceDueAtMs } from '../runs/memory.ts';
import { type SilenceEvent, silenceEvent } from '../runs/silence.ts';
import { conditionOf, isMetricsTrigger, takenStates } from '../trigger.ts';
import { EndedRuns } from './ended-runs.ts';
import { type Found, heldBackBy, metricWitness } from './witness.ts';

interface Run {
  name: { team: string; project: string; run: string };
  memory: RunMemory;
}

/** What an event would have written, and what became of each part of it. */
export interface Taken {
  deliveries: Delivery[];
  /** The attempt that the metrics belong to. */
  attempt?: number;
  found: Found[];
}

/** What runs leave behind in a dry run, each in a memory of its own that was empty before. */
export class RunReplay {
  readonly #watcher: Watcher;
  readonly #nowMs: number;
  readonly #runs = new Map<string, Run>();
  readonly #ended = new EndedRuns();
  /** The metric that is watched, if one is. */
  readonly #metric: string | undefined;
  readonly #isAcrossRuns: boolean;

  constructor(watcher: Watcher, nowMs: number) {
    this.#watcher = watcher;
    this.#nowMs = nowMs;
    const { trigger } = watcher.definition;
    const condition = isMetricsTrigger(trigger) ? conditionOf(trigger) : undefined;
    this.#metric = condition?.metric;
    this.#isAcrossRuns = condition?.kind === 'zscore' && condition.across === 'runs';
  }

  /** Applies an event to its run as the matcher does, and says why what did not fire did not. */
  take(message: EventMessage, event: RunEvent, indexes: ScopeIndex[]): Taken {
    const { name, memory } = this.#runOf(event);
    const before = snapshot(memory, event);
    const found: Found[] = [];
    const { receivedAtMs } = message;
    const judged = { gauges: new Map(), lastOfOthers: this.#ended.lastOfOthers(name, receivedAtMs) };
    const interest = this.#interestIn(message, indexes);
    const applied = applyMessage(memory, message, {
      ...judged,
      interest,
      stillWatched: new Set(interest.metrics.keys()),
      nowMs: this.#nowMs,
      ...(event.type === 'run.metrics' && {
        witness: metricWitness(
          { watcher: this.#watcher, memory, event, context: { ...judged, receivedAtMs } },
          found,
        ),
      }),
    });
    for (const end of applied.ends) this.#ended.add(name, end);
    const { deliveries } = applied;
    if (event.type === 'run.state')
      return { deliveries, found: [this.#foundOf(event, before, memory, applied)] };
    if (event.type !== 'run.metrics') return { deliveries, found };
    const all = found.length > 0 ? found : [untouched(event, before, this.#metric ?? '')];
    return { deliveries, found: all, attempt: memory.attempt };
  }

  #interestIn({ subject }: EventMessage, indexes: ScopeIndex[]): RunInterest {
    const interest = interestIn(subject, this.#metric === undefined ? [] : [this.#metric], indexes);
    const watched = [...interest.metrics.keys()];
    return { ...interest, ended: this.#isAcrossRuns ? watched : [], wantsAttempts: watched.length > 0 };
  }

  /** The silences that a sweeper would have found before a moment, by the moment at which each was complete. */
  silencesBefore(beforeMs: number): { event: SilenceEvent; atMs: number }[] {
    const due = [...this.#runs.values()].flatMap(({ name, memory }) => {
      const atMs = silenceDueAtMs(memory);
      const { pulse } = memory;
      return pulse && atMs !== undefined && atMs < beforeMs
        ? [{ event: silenceEvent(name, pulse), atMs }]
        : [];
    });
    return due.sort((a, b) => a.atMs - b.atMs);
  }

  #runOf({ team, project = '', run: { id } }: RunEvent): Run {
    const key = JSON.stringify([team, project, id]);
    const known = this.#runs.get(key) ?? { name: { team, project, run: id }, memory: newRunMemory() };
    this.#runs.set(key, known);
    return known;
  }

  #foundOf(
    event: RunStateEvent,
    before: Before,
    memory: RunMemory,
    { deliveries, heldBack }: AppliedMessage,
  ): Found {
    const watcher = this.#watcher;
    if (deliveries.length > 0) return {};
    if (heldBack.length > 0) {
      return { miss: heldBackBy(watcher, memory, latchKey(watcher.automationId, event.state)) };
    }
    if (before.isSeen) return { miss: { reason: 'repeated' } };
    const { attempt = before.stateAttempt } = event.run;
    if (attempt < before.stateAttempt) return { miss: { reason: 'older_attempt' } };
    const isNamed = takenStates(watcher.definition.trigger).has(event.state);
    if (!isNamed) return { miss: { reason: 'other_state' } };
    const clauses = watcher.filter.explain(eventReader(event).field);
    return { miss: clauses.holds ? { reason: 'same_state' } : { reason: 'filter', clauses } };
  }
}

interface Before {
  attempt: number;
  stateAttempt: number;
  isSeen: boolean;
}

function snapshot(memory: RunMemory, event: RunEvent): Before {
  const { attempt, stateAttempt } = memory;
  return { attempt, stateAttempt, isSeen: hasSeenStateEvent(memory, event.id) };
}

/** Why no value of an event came as far as a window. */
function untouched(
  { run, points }: Extract<RunEvent, { type: 'run.metrics' }>,
  before: Before,
  metric: string,
): Found {
  const count = points.filter(({ metrics }) => Object.hasOwn(metrics, metric)).length;
  if (count === 0) return { miss: { reason: 'other_metric' }, count: 1 };
  const isOlder = (run.attempt ?? before.attempt) < before.attempt;
  return { miss: { reason: isOlder ? 'older_attempt' : 'repeated' }, count };
}
