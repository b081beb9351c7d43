// Bugs as somebody might make them: each is one edit of the product that the oracle must find.

export interface PlantedBug {
  name: string;
  file: string;
  /** Occurs exactly once in the file. */
  from: string;
  to: string;
}

const METRICS = 'core/runs/metrics.ts';
const STATES = 'core/runs/states.ts';
const SERIES = 'core/metrics/series.ts';
const GAUGE = 'core/metrics/gauge.ts';
const FRAME = 'core/metrics/frame.ts';
const BOUNDS = 'core/matching/bound-table.ts';
const LATCH = 'core/runs/latch.ts';
const MEMORY = 'core/runs/memory.ts';

const conditions: PlantedBug[] = [
  {
    name: 'above takes its bound (>= for >)',
    file: BOUNDS,
    from: "isStrict: comparison === '>' }]",
    to: 'isStrict: false }]',
  },
  {
    name: 'at most leaves its bound out (< for <=)',
    file: BOUNDS,
    from: "isStrict: comparison === '<' }]",
    to: 'isStrict: true }]',
  },
  {
    name: 'between leaves its upper bound out',
    file: BOUNDS,
    from: 'if (x <= span.high)',
    to: 'if (x < span.high)',
  },
  {
    name: 'outside takes its lower bound',
    file: BOUNDS,
    from: "{ kind: 'below', bound: low, isStrict: true }",
    to: "{ kind: 'below', bound: low, isStrict: false }",
  },
  {
    name: 'a change of exactly its amount is none',
    file: BOUNDS,
    from: "{ kind: 'above', bound, isStrict: false };",
    to: "{ kind: 'above', bound, isStrict: true };",
  },
  {
    name: 'a relative change is a fraction of the prior with its sign',
    file: GAUGE,
    from: 'const size = Math.abs(before);',
    to: 'const size = before;',
  },
  {
    name: 'the prior window overlaps the current one',
    file: GAUGE,
    from: 'this.aggregate(aggregate, priorWindow, window)',
    to: 'this.aggregate(aggregate, priorWindow, window - 1)',
  },
  {
    name: 'the window is one value too long',
    file: 'core/metrics/gauge.ts',
    from: 'new Frame(this.series, size, offset, this.first)',
    to: 'new Frame(this.series, size + 1, offset, this.first)',
  },
  {
    name: 'the z-score includes the newest value',
    file: GAUGE,
    from: "this.frame(window, 1, 'spread')",
    to: "this.frame(window, 0, 'spread')",
  },
  {
    name: 'the deviation is that of a population (n for n - 1)',
    file: FRAME,
    from: '1 / (size * (size - 1))',
    to: '1 / (size * size)',
  },
  {
    name: 'a sliding sum lets the wrong value go',
    file: FRAME,
    from: 'const leaving = values[at - this.size] as number;',
    to: 'const leaving = values[at - this.size + 1] as number;',
  },
  {
    name: 'a sliding maximum overlooks what came last',
    file: 'core/metrics/extremes.ts',
    from: 'if (value >= most) this.most = value;',
    to: 'if (value >= most) this.most = most;',
  },
  {
    name: 'the reach is too small by one',
    file: 'core/metrics/measure.ts',
    from: '      return measure.window + measure.priorWindow;',
    to: '      return measure.window + measure.priorWindow - 1;',
  },
];

const windows: PlantedBug[] = [
  {
    name: 'a window that is not full is judged',
    file: METRICS,
    from: 'rank < table.reach && sizeOf(series) >= table.reach',
    to: 'rank < table.reach',
  },
  {
    name: 'a value just out of reach has the window judged',
    file: METRICS,
    from: 'rank < table.reach &&',
    to: 'rank <= table.reach &&',
  },
  {
    name: 'a value out of order is dropped',
    file: SERIES,
    from: 'if (steps[at] === point.step) return REPEATED;',
    to: 'if (at < end) return REPEATED;',
  },
  {
    name: 'a repeat overwrites',
    file: SERIES,
    from: 'if (steps[at] === point.step) return REPEATED;',
    to: 'if (steps[at] === point.step) { values[at] = point.value; series.revision++; series.changes++; return REPEATED; }',
  },
  {
    name: 'a late value is not noticed',
    file: SERIES,
    from: 'if (at === series.start && (sizeOf(series) >= capacity || point.step < series.floor)) return LATE;',
    to: '',
  },
  {
    name: 'what a series let go of comes back after a rewind',
    file: SERIES,
    from: ' || point.step < series.floor',
    to: '',
  },
  {
    name: 'what a series let go of comes back after a rewind that left nothing',
    file: SERIES,
    from: '} else if (step < series.floor) return LATE;',
    to: '}',
  },
  {
    name: 'a series does not take again what a rewind made it forget',
    file: SERIES,
    from: 'series.floor = Math.min(oldest, step);',
    to: 'series.floor = oldest;',
  },
  {
    name: 'a value older than all is late although there is room',
    file: SERIES,
    from: '(sizeOf(series) >= capacity || point.step < series.floor)',
    to: 'true',
  },
  {
    name: 'a series is trimmed too short',
    file: SERIES,
    from: 'series.start = end + 1 - capacity;',
    to: 'series.start = end + 2 - capacity;',
  },
  {
    name: 'a series stays as long as a window needed that is gone',
    file: SERIES,
    from: 'series.start = Math.max(series.start, end - capacity);',
    to: '',
  },
  {
    name: 'a series is kept as long as one scope needs it',
    file: METRICS,
    from: 'Math.max(...found.map(({ reach }) => reach))',
    to: 'found[0]?.reach ?? 0',
  },
  {
    name: 'NaN is kept in the window',
    file: METRICS,
    from: "judgeNotFinite(arrived, judge);\n    return 'not_finite';",
    to: 'judgeNotFinite(arrived, judge);',
  },
  {
    name: 'a finite value does not end not_finite',
    file: METRICS,
    from: 'if (forFinite.size > 0) noteFalse(forFinite, isOldEnough, judge.memory);',
    to: '',
  },
  {
    name: 'values from before the save count',
    file: METRICS,
    from: 'if (!isOldEnough(watcher)) continue;',
    to: '',
  },
  {
    name: 'a value that came out of order hides that the next ones are from before the save',
    file: SERIES,
    from: 'series.orderedFrom = Math.max(series.orderedFrom, at) + 1;',
    to: '',
  },
  {
    name: 'the store forgets that times of receipt were out of order',
    file: 'core/metrics/series-codec.ts',
    from: ') series.orderedFrom = at;',
    to: ') series.orderedFrom = 0;',
  },
  {
    name: 'a point without a step takes the newest step',
    file: METRICS,
    from: 'named ?? memory.lastStep + 1',
    to: 'named ?? Math.max(0, memory.lastStep)',
  },
  {
    name: 'a newer attempt forgets nothing',
    file: METRICS,
    from: 'if (lowest !== undefined) forgetSteps(memory, lowest);',
    to: '',
  },
  {
    name: 'a newer attempt forgets one step too many',
    file: METRICS,
    from: 'if (lowest !== undefined) forgetSteps(memory, lowest);',
    to: 'if (lowest !== undefined) forgetSteps(memory, lowest - 1);',
  },
  {
    name: 'points of an older attempt are applied',
    file: METRICS,
    from: 'memory.late += points.steps.length;\n    return false;',
    to: 'memory.late += points.steps.length;\n    return true;',
  },
  {
    name: 'a rewind forgets the value at its step',
    file: STATES,
    from: 'forgetSteps(memory, event.rewind_to + 1)',
    to: 'forgetSteps(memory, event.rewind_to)',
  },
  {
    name: 'a rewind leaves the newest step',
    file: 'core/runs/forget-steps.ts',
    from: 'memory.lastStep = step - 1;',
    to: '',
  },
  {
    name: 'an unwatched series is kept for a day',
    file: 'core/runs/apply-message.ts',
    from: 'UNWATCHED_KEPT_MS = 60 * 60 * 1000',
    to: 'UNWATCHED_KEPT_MS = 24 * 60 * 60 * 1000',
  },
  {
    name: 'a column with gaps loses its places',
    file: 'core/metrics/points.ts',
    from: 'dense[place] = values[n] ?? null;',
    to: 'dense[n] = values[n] ?? null;',
  },
];

const latches: PlantedBug[] = [
  {
    name: 'the latch is ignored: it fires every time',
    file: 'core/runs/fire.ts',
    from: 'if (!mayFire(',
    to: 'if (false && !mayFire(',
  },
  { name: 'a day has 23 hours', file: LATCH, from: 'DAY_MS = 24 * 60', to: 'DAY_MS = 23 * 60' },
  {
    name: 'exactly 24 hours later is too early',
    file: LATCH,
    from: 'receivedAtMs >= heldUntilMs(latch, repeat)',
    to: 'receivedAtMs > heldUntilMs(latch, repeat)',
  },
  {
    name: 'an interval is taken for milliseconds',
    file: LATCH,
    from: 'repeat.seconds * 1000',
    to: 'repeat.seconds',
  },
  {
    name: 'once per run is once a day',
    file: LATCH,
    from: "case 'once_per_run':\n      return Number.POSITIVE_INFINITY;",
    to: "case 'once_per_run':\n      return latch.atMs + DAY_MS;",
  },
  {
    name: 'after_false fires while it is true',
    file: 'core/runs/fire.ts',
    from: 'wasFalse: false',
    to: 'wasFalse: true',
  },
  {
    name: 'after_false never fires again',
    file: METRICS,
    from: 'if (table.afterFalse.size > 0) {',
    to: 'if (table.afterFalse.size < 0) {',
  },
  {
    name: 'after_false is opened by a window from before the save',
    file: METRICS,
    from: 'isOldEnough(watcher) && !isMet.has(watcher)',
    to: '!isMet.has(watcher)',
  },
  {
    name: 'filters of runs are not asked for those that came after the first',
    file: 'core/matching/metric-index.ts',
    from: 'const source = JSON.stringify(filter);',
    to: 'const source = this.#filtered?.keys().next().value ?? JSON.stringify(filter);',
  },
  {
    name: 'a value at the bound itself is quiet',
    file: 'core/matching/quiet-bands.ts',
    from: 'return x < (this.#ends[metric * 2] ?? 0)',
    to: 'return x <= (this.#ends[metric * 2] ?? 0)',
  },
  {
    name: 'quiet values are kept from those that wait for their condition to be false',
    file: 'core/matching/metric-index.ts',
    from: 'if (!isOfValues || waitsForFalse(watcher))',
    to: 'if (!isOfValues)',
  },
  {
    name: 'what else a filter asks is not asked',
    file: 'core/matching/filter-shelf.ts',
    from: ': given === entries.answerOf(entry);',
    to: ': given !== entries.answerOf(entry) + 1;',
  },
  {
    name: 'a latch outlives an edit of the trigger',
    file: LATCH,
    from: 'if (!latch || !isOfTrigger(latch, triggerHash)) return true;',
    to: 'if (!latch) return true;',
  },
  {
    name: 'messages are applied twice',
    file: MEMORY,
    from: 'if (memory.applied.includes(mark)) return false;',
    to: '',
  },
];

const states: PlantedBug[] = [
  {
    name: 'FAILED does not take CRASHED',
    file: 'core/trigger.ts',
    from: "? [...states, 'CRASHED'] : states",
    to: '? states : states',
  },
  {
    name: 'the same state again is a change',
    file: STATES,
    from: 'if (!isSame) judgeChange(',
    to: 'judgeChange(',
  },
  {
    name: 'an older attempt says states still',
    file: STATES,
    from: 'return attempt === memory.stateAttempt;',
    to: 'return true;',
  },
  {
    name: 'a newer attempt goes on with the state of the older one',
    file: STATES,
    from: 'memory.stateAttempt = attempt;\n  delete memory.state;',
    to: 'memory.stateAttempt = attempt;',
  },
  {
    name: 'all states share one latch',
    file: MEMORY,
    from: '`${automationId} ${state}`',
    to: '`${automationId} state`',
  },
  {
    name: 'a state event that comes again counts again',
    file: MEMORY,
    from: 'if (hasSeenStateEvent(memory, eventId)) return false;',
    to: '',
  },
  {
    name: 'after_false is opened by CRASHED where FAILED is named',
    file: STATES,
    from: '!takenStates(watcher.definition.trigger).has(now.state)',
    to: "('states' in watcher.definition.trigger && !watcher.definition.trigger.states.includes(now.state))",
  },
];

const scopes: PlantedBug[] = [
  {
    name: 'the organization is forgotten',
    file: 'core/matching/scope-table.ts',
    from: 'if (collection === undefined) return [organization, ofTeams, ofHome];',
    to: 'if (collection === undefined) return [ofTeams, ofHome];',
  },
  {
    name: 'projects of one name are one project',
    file: 'core/scope.ts',
    from: '`project/${scope.team}/${scope.project}`',
    to: '`project/${scope.project}`',
  },
  {
    name: 'runs of one name are one run, whatever their project',
    file: 'store/keys.ts',
    from: '`${RUN_PREFIX}${team}/${project}/${run}`',
    to: '`${RUN_PREFIX}${team}/${run}`',
  },
  {
    name: 'an automation that is gone stays in the index',
    file: 'lambdas/shared/watched-scope.ts',
    from: 'this.index.remove(automationId);',
    to: '',
  },
  {
    name: 'when an automation was enabled again does not matter',
    file: 'core/matching/watcher.ts',
    from: 'Math.max(revision.triggerSavedAtMs, head.enabledAtMs ?? 0)',
    to: 'revision.triggerSavedAtMs',
  },
  {
    name: 'silence counts while nobody watches',
    file: STATES,
    from: 'if (pulse.lastAtMs < watchedSinceMs) {',
    to: 'if (pulse.lastAtMs < 0) {',
  },
  {
    name: 'after_false is not told of a silence that is undone',
    file: STATES,
    from: 'if (!pulse) return;\n  const { run, user } = pulse;\n  noteFalse',
    to: 'if (!pulse || pulse.run) return;\n  const { run, user } = pulse;\n  noteFalse',
  },
  {
    name: 'a run that says itself that it crashed comes back from its silence',
    file: STATES,
    from: 'if (!isToldCrash) noteLife',
    to: 'noteLife',
  },
  {
    name: 'a newer attempt does not come back from a silence',
    file: STATES,
    from: '  undoSilence(memory, context);\n  memory.stateAttempt',
    to: '  memory.stateAttempt',
  },
  {
    name: 'what is met again for the step that it fired for is a firing',
    file: 'core/runs/fire.ts',
    from: 'if (isDecided(known, triggerHash, occurrence)) {',
    to: 'if (false) {',
  },
  {
    name: 'a non-finite value that was held back fires when it comes again',
    file: 'core/runs/fire.ts',
    from: 'if (isLoose && known && occurrence) noteHeldBack(known, occurrence, memory);',
    to: '',
  },
  {
    name: 'a rewind leaves in place what was held back',
    file: 'core/runs/forget-steps.ts',
    from: 'for (const latch of memory.latches.values()) delete latch.heldBack;',
    to: '',
  },
  {
    name: 'an event counts for what was saved after it',
    file: 'core/matching/plain-events.ts',
    from: '.filter((watcher) => watcher.countsFromMs <= receivedAtMs)',
    to: '',
  },
  {
    name: 'across runs a run is compared with its own end',
    file: 'lambdas/matcher/other-runs.ts',
    from: 'ended.filter(({ run }) => run !== name.run)',
    to: 'ended',
  },
  {
    name: 'across runs one run too few is read',
    file: 'lambdas/matcher/other-runs.ts',
    from: 'message.receivedAtMs, runs + 1)',
    to: 'message.receivedAtMs, runs)',
  },
  {
    name: 'across runs the earliest end of a run counts',
    file: 'store/ended-runs.ts',
    from: 'if (isGone || ended.has(run as string)) continue;',
    to: 'if (isGone) continue;',
  },
  {
    name: 'across runs a preempted run has not ended',
    file: MEMORY,
    from: "return state !== 'RUNNING' && state !== 'PENDING';",
    to: "return state !== 'RUNNING' && state !== 'PENDING' && state !== 'PREEMPTED';",
  },
];

export const plantedBugs: PlantedBug[] = [...conditions, ...windows, ...latches, ...states, ...scopes];
