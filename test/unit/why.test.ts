import type { Delivery, DeliveryProgress } from '../../core/delivery.ts';
import type { Standing, WindowStanding } from '../../core/runs/standing.ts';
import { explainWhy, type RunFacts, type Sentence, type WhyFacts } from '../../core/why/why.ts';
import { aDefinition, aDelivery, onEvent, onMetrics, onStates, onThreshold } from '../support/builders.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const [SECOND_MS, MINUTE_MS, HOUR_MS] = [1_000, 60_000, 3_600_000];
const average = { aggregate: 'average', window: 5 };
const onAverage = aDefinition({ trigger: onThreshold(average) });

const facts = (change: Partial<WhyFacts> = {}): WhyFacts => ({
  nowMs: NOW_MS,
  enabled: true,
  definition: onAverage,
  triggerSavedAtMs: NOW_MS - 2 * HOUR_MS,
  lastSeenAtMs: NOW_MS - 5 * MINUTE_MS,
  activity: { fired: 1, heldBack: 0, lastMetAtMs: NOW_MS - HOUR_MS, lastFiredAtMs: NOW_MS - HOUR_MS },
  deliveries: [],
  ...change,
});
const window = (change: Partial<WindowStanding> = {}): WindowStanding => ({
  ...{ held: 5, needed: 5, tooOld: 0, newestStep: 12, lastReceivedAtMs: NOW_MS - SECOND_MS },
  ...{ value: 0.75, isMet: false, ...change },
});
const run = (standing: Partial<Standing> = {}, change: Partial<RunFacts> = {}): RunFacts => ({
  name: { team: 'vision', project: 'mnist', run: 'r1' },
  isInside: true,
  isKnown: true,
  standing: { latches: [], late: 0, ...standing },
  ...change,
});
const withRun = (standing: Partial<Standing>, definition = onAverage) =>
  facts({ definition, run: run(standing) });
const delivery = (change: Partial<Delivery & DeliveryProgress>) =>
  aDelivery({ createdAtMs: NOW_MS - 30 * SECOND_MS, ...change });
const through = (health: object) => facts({ integration: { name: 'ci', health } });

const [TWELVE, FIVE_TO] = ['2026-11-24T12:00:00Z', '2026-11-24T11:55:00Z'];
const onChange = aDefinition({
  trigger: onMetrics({ change: { metric: 'loss', window: 3, prior_window: 4, amount: 0.1 } }),
});
const onOtherRuns = aDefinition({
  trigger: onMetrics({ zscore: { metric: 'loss', window: 9, across: 'runs' } }),
});
const onFailed = aDefinition({ trigger: onStates(['FAILED']) });

test.each<[string, WhyFacts, Sentence['verdict'], string]>([
  ['enabled', facts(), 'fine', 'It is enabled.'],
  [
    'disabled',
    facts({ enabled: false }),
    'stops',
    'It is disabled: nothing fires it until somebody enables it.',
  ],
  [
    'on metrics',
    facts(),
    'fine',
    'It fires on run.metrics with average(loss, 5) < 0.5 in project vision/mnist.',
  ],
  [
    'with a filter',
    facts({
      definition: aDefinition({
        trigger: onEvent('artifact.linked', { alias: 'x' }),
        scope: { kind: 'registry', registry: 'models' },
      }),
    }),
    'fine',
    'It fires on artifact.linked in registry models, as far as its filter takes the event.',
  ],
  [
    'on states',
    facts({ definition: onFailed }),
    'fine',
    'It fires on run.state that says FAILED in project vision/mnist.',
  ],
  [
    'its trigger',
    facts(),
    'fine',
    'Its trigger was saved 2 hours ago (2026-11-24T10:00:00Z): what was received before does not count.',
  ],
  [
    'seen',
    facts(),
    'fine',
    `The last event of run.metrics with loss in its scope came 5 minutes ago (${FIVE_TO}).`,
  ],
  [
    'never seen',
    facts({ lastSeenAtMs: undefined }),
    'stops',
    'No event of run.metrics with loss has come in its scope: check that the events are posted, their team and project, and the spelling.',
  ],
  [
    'never seen, and new',
    facts({ lastSeenAtMs: undefined, triggerSavedAtMs: NOW_MS - MINUTE_MS }),
    'stops',
    'No event of run.metrics with loss has come in its scope: check that the events are posted, their team and project, and the spelling. What came in the first five seconds after the trigger was saved may have been missed.',
  ],
  [
    'never seen, and new since it was enabled again',
    facts({ lastSeenAtMs: undefined, enabledAtMs: NOW_MS - MINUTE_MS }),
    'stops',
    'No event of run.metrics with loss has come in its scope: check that the events are posted, their team and project, and the spelling. What came in the first five seconds after it was enabled again may have been missed.',
  ],
  [
    'not seen since',
    facts({ triggerSavedAtMs: NOW_MS }),
    'look',
    `The last event of run.metrics with loss in its scope came 5 minutes ago (${FIVE_TO}), before the trigger was saved.`,
  ],
  [
    'not noted since, which may be too soon to tell',
    facts({ triggerSavedAtMs: NOW_MS, lastSeenAtMs: NOW_MS - 60_000 }),
    'look',
    'The last event of run.metrics with loss in its scope came 1 minute ago (2026-11-24T11:59:00Z), before the trigger was saved; what came since may not be noted yet.',
  ],
  [
    'enabled again',
    facts({ enabledAtMs: NOW_MS - HOUR_MS }),
    'fine',
    'It was enabled again 1 hour ago (2026-11-24T11:00:00Z): what was received before does not count.',
  ],
  [
    'its trigger, saved after it was enabled again',
    facts({ enabledAtMs: NOW_MS - 3 * HOUR_MS }),
    'fine',
    'Its trigger was saved 2 hours ago (2026-11-24T10:00:00Z): what was received before does not count.',
  ],
  [
    'not seen since it was enabled again',
    facts({ enabledAtMs: NOW_MS }),
    'look',
    `The last event of run.metrics with loss in its scope came 5 minutes ago (${FIVE_TO}), before it was enabled again.`,
  ],
  [
    'a window of values from before it was enabled again',
    { ...withRun({ window: window({ held: 3, tooOld: 2 }) }), enabledAtMs: NOW_MS },
    'stops',
    'Its window holds 3 of 5 values, and counts only when it is full. 2 more came before it was enabled again.',
  ],
  [
    'a run elsewhere',
    facts({ run: run({}, { isInside: false }) }),
    'stops',
    'Run vision/mnist/r1 is outside of project vision/mnist.',
  ],
  [
    'a run unknown',
    facts({ run: run({}, { isKnown: false }) }),
    'stops',
    'Run vision/mnist/r1 is not known: nothing came of it that an automation looked at.',
  ],
  [
    'a run of no matter',
    facts({ definition: aDefinition({ trigger: onEvent('custom.nightly') }), run: run() }),
    'look',
    'Run vision/mnist/r1 does not matter: custom.nightly is not about runs.',
  ],
  [
    'no value',
    withRun({}),
    'stops',
    'Run vision/mnist/r1 has no value of loss that counts: none came, or a rewind took them back.',
  ],
  [
    'its last value',
    withRun({ window: window() }),
    'fine',
    'Run vision/mnist/r1 sent its last value of loss 1 second ago (2026-11-24T11:59:59Z).',
  ],
  ['a full window', withRun({ window: window() }), 'fine', 'Its window is full: 5 of 5 values.'],
  [
    'a window that fills',
    withRun({ window: window({ held: 3, tooOld: 2 }) }),
    'stops',
    'Its window holds 3 of 5 values, and counts only when it is full. 2 more came before the trigger was saved.',
  ],
  [
    'two windows that fill',
    withRun({ window: window({ held: 5, needed: 7, prior: { held: 2, needed: 4 } }) }, onChange),
    'stops',
    'Its window holds 5 of 7 values (3 of 3, and 2 of the 4 before), and counts only when it is full.',
  ],
  [
    'not met',
    withRun({ window: window() }),
    'stops',
    'average(loss, 5) < 0.5 is not met: average(loss, 5) is 0.75 at step 12.',
  ],
  [
    'met',
    withRun({ window: window({ value: 0.25, isMet: true }) }),
    'fine',
    'average(loss, 5) < 0.5 is met: average(loss, 5) is 0.25 at step 12.',
  ],
  [
    'never met',
    withRun({ window: window({ value: Number.NaN }) }, onChange),
    'stops',
    'average(loss, 3) changes by at least 10 % from the 4 values before is never met here: the values before come to 0.',
  ],
  [
    'too few runs',
    facts({
      definition: onOtherRuns,
      run: run({ window: { held: 1, needed: 1, tooOld: 0, lastReceivedAtMs: NOW_MS, isMet: false } }),
    }),
    'stops',
    'Fewer other runs have ended than |zscore(loss) against the last 9 runs| >= 3 is compared with.',
  ],
  [
    'late values',
    withRun({ window: window(), late: 7 }),
    'look',
    '7 values of the run came too late, and were dropped.',
  ],
  [
    'a latch of a day',
    withRun({ window: window(), latches: [{ firedAtMs: NOW_MS - HOUR_MS, untilMs: NOW_MS + 23 * HOUR_MS }] }),
    'stops',
    'It fired for this run 1 hour ago (2026-11-24T11:00:00Z), and fires again in 23 hours (2026-11-25T11:00:00Z) at the earliest.',
  ],
  [
    'a latch for good, of one state',
    withRun(
      { latches: [{ state: 'FAILED', firedAtMs: NOW_MS }] },
      aDefinition({ trigger: onStates(['FAILED'], { repeat: { mode: 'once_per_run' } }) }),
    ),
    'stops',
    `It fired for this run and FAILED just now (${TWELVE}), and fires once per run.`,
  ],
  [
    'a latch until false',
    withRun(
      { latches: [{ firedAtMs: NOW_MS }] },
      aDefinition({ trigger: onThreshold(average, { repeat: { mode: 'after_false' } }) }),
    ),
    'stops',
    `It fired for this run just now (${TWELVE}), and fires again only after it was judged and not met.`,
  ],
  [
    'a state',
    withRun({ state: { now: 'RUNNING', isSilent: false } }, onFailed),
    'fine',
    'Run vision/mnist/r1 is RUNNING: the same state again fires nothing.',
  ],
  [
    'a silent run',
    withRun({ state: { now: 'CRASHED', isSilent: true } }, onFailed),
    'fine',
    'Run vision/mnist/r1 is CRASHED, by its silence: the same state again fires nothing.',
  ],
  [
    'no state',
    withRun({}, onFailed),
    'look',
    'Run vision/mnist/r1 has said no state while somebody watched.',
  ],
  [
    'a pulse',
    withRun({ silentAtMs: NOW_MS + 90 * SECOND_MS }, onFailed),
    'fine',
    'Silence makes it CRASHED in 1 minute (2026-11-24T12:01:30Z).',
  ],
  ['firings', facts(), 'fine', 'It fired once, last 1 hour ago (2026-11-24T11:00:00Z).'],
  ['no firing', facts({ activity: undefined }), 'look', 'Its condition and filter were never met together.'],
  [
    'held back',
    facts({ activity: { fired: 0, heldBack: 3, lastMetAtMs: 0 } }),
    'look',
    'It has not fired. Its latch held it back 3 times.',
  ],
  [
    'delivered',
    facts({ deliveries: [delivery({ status: 'delivered' })] }),
    'fine',
    'The last delivery, dlv_1 from 30 seconds ago (2026-11-24T11:59:30Z), was delivered.',
  ],
  [
    'pending',
    facts({ deliveries: [delivery({ attempts: 1, dueAtMs: NOW_MS + 5 * SECOND_MS })] }),
    'look',
    'The last delivery, dlv_1 from 30 seconds ago (2026-11-24T11:59:30Z), is pending after 1 attempt, next in 5 seconds (2026-11-24T12:00:05Z).',
  ],
  [
    'failed',
    facts({ deliveries: [delivery({ status: 'failed', reason: 'attempts_used_up', attempts: 8 })] }),
    'stops',
    'The last delivery, dlv_1 from 30 seconds ago (2026-11-24T11:59:30Z), failed after 8 attempts: all of its attempts failed.',
  ],
  [
    'failed for a reason of its own',
    facts({ deliveries: [delivery({ status: 'failed', reason: 'secret_missing: TOKEN', attempts: 1 })] }),
    'stops',
    'The last delivery, dlv_1 from 30 seconds ago (2026-11-24T11:59:30Z), failed after 1 attempt: secret_missing: TOKEN.',
  ],
  [
    'a storm',
    facts({
      deliveries: [delivery({ status: 'skipped', reason: 'rate' }), delivery({ status: 'delivered' })],
    }),
    'look',
    'It fires in storms: 1 of its last 2 deliveries were held back, since 30 a minute are allowed.',
  ],
  ['an integration', through({}), 'fine', 'Integration ci is well.'],
  ['one that fails', through({ failures: 2 }), 'look', 'Integration ci failed 2 times in a row.'],
  [
    'one that is left alone',
    through({ failures: 5, openUntilMs: NOW_MS + 30 * SECOND_MS }),
    'stops',
    'Integration ci is left alone after 5 failed attempts in a row: it is tried again in 30 seconds (2026-11-24T12:00:30Z).',
  ],
  [
    'one that is tried again',
    through({ failures: 5, openUntilMs: NOW_MS - 1 }),
    'look',
    'Integration ci failed 5 times in a row: the next attempt tries whether it is back.',
  ],
  [
    'one that is disabled',
    through({ disabledAtMs: NOW_MS - HOUR_MS, disabledReason: 'gone' }),
    'stops',
    'Integration ci was disabled 1 hour ago (2026-11-24T11:00:00Z): its receiver is gone for good.',
  ],
  [
    'one that somebody disabled',
    through({ disabledAtMs: NOW_MS - HOUR_MS, disabledReason: 'by_hand' }),
    'stops',
    'Integration ci was disabled 1 hour ago (2026-11-24T11:00:00Z): by hand.',
  ],
  [
    'one that is deleted',
    facts({ integration: 'deleted' }),
    'stops',
    'Its integration was deleted: give it another one.',
  ],
  [
    'one whose secret is gone',
    facts({ integration: { name: 'ci', health: {}, missingSecret: 'CI_TOKEN' } }),
    'stops',
    'Integration ci needs the secret CI_TOKEN, which is not there: deliveries fail until it is set.',
  ],
])('%s', (_what, known, verdict, text) => {
  const sentences = explainWhy(known);
  expect(sentences).toContainEqual(expect.objectContaining({ verdict, text }));
});

test('an integration whose secret is gone is not well, and what else is wrong with it is told as well', () => {
  const textsOf = (health: object) =>
    explainWhy(facts({ integration: { name: 'ci', health, missingSecret: 'CI_TOKEN' } }))
      .filter(({ about }) => about === 'integration')
      .map(({ text }) => text);
  expect(textsOf({})).toHaveLength(1);
  expect(textsOf({ failures: 2 })).toEqual([
    expect.stringContaining('CI_TOKEN'),
    'Integration ci failed 2 times in a row.',
  ]);
});

test('an automation that does what it should has nothing that stops it', () => {
  const verdicts = explainWhy(
    facts({
      run: run({ window: window({ value: 0.1, isMet: true }) }),
      deliveries: [delivery({ status: 'delivered' })],
      integration: { name: 'ci', health: {} },
    }),
  ).map(({ verdict }) => verdict);
  expect(verdicts).toEqual(Array(10).fill('fine'));
});
