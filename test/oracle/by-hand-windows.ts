// The rules of windows: order, repeats, late values, saves, attempts, rewinds, forgetting.
import {
  AFTER_FALSE,
  automation,
  fires,
  type HandCase,
  loss,
  metrics,
  ORGANIZATION,
  onMetrics,
  state,
  stream,
  TEAM,
} from './hand-writing.ts';
import type { Comparison, Condition } from './world.ts';

function average(window: number, comparison: Comparison, value: number): Condition {
  return { threshold: { metric: 'loss', aggregate: 'average', window, comparison, value } };
}

function last(comparison: Comparison, value: number): Condition {
  return { threshold: { metric: 'loss', comparison, value } };
}

const HOUR = 3600;

export const windowCases: HandCase[] = [
  {
    name: 'a point without a step is the next one, and the first is 0',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream([1, metrics(loss(1))], [2, metrics(loss([5, 2]))], [3, metrics(loss(3))]),
    firings: [fires(0, 1), fires(5, 2), fires(6, 3)],
    working: 'steps 0, 5, and 5 + 1.',
  },
  {
    name: 'the next step is that of the run, whatever its metric',
    automations: [
      automation(onMetrics(last('>', 0))),
      automation(onMetrics({ threshold: { metric: 'acc', comparison: '>', value: 100 } }), { id: 'acc' }),
    ],
    arrivals: stream([1, metrics([{ step: 7, metrics: { acc: 1 } }])], [2, metrics(loss(3))]),
    firings: [fires(8, 3)],
    working: 'acc is watched and had step 7.',
  },
  {
    name: 'steps of events that hold no watched metric are not remembered',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream([1, metrics([{ step: 7, metrics: { acc: 1 } }])], [2, metrics(loss(3))]),
    firings: [fires(0, 3)],
    working: 'nobody watches acc: the first step is 0.',
  },
  {
    name: 'in an event that holds a watched metric every point has a step',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream([1, metrics([{ metrics: { acc: 1 } }, { metrics: { loss: 3 } }])]),
    firings: [fires(1, 3)],
    working: 'the point of acc is at step 0, that of loss at 1.',
  },
  {
    name: 'a non-finite value has a step like any other',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream([1, metrics(loss('NaN', 3))]),
    firings: [fires(1, 3)],
    working: 'NaN is at step 0, so 3 is at step 1.',
  },
  {
    name: 'a value for a step that the series holds changes nothing, whatever its number',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2]))], [2, metrics(loss([1, 100]))]),
    firings: [],
    late: 0,
    working: 'the average stays (1+2)/2 = 1.5; a repeat is not late.',
  },
  {
    name: 'a value that was late to come takes its place, and the newest window is judged again',
    automations: [automation(onMetrics(average(3, '>=', 4)))],
    arrivals: stream([1, metrics(loss([0, 0], [1, 3], [3, 3]))], [2, metrics(loss([2, 6]))]),
    firings: [fires(3, 4)],
    late: 0,
    working: 'step 3: (0+3+3)/3 = 2; with 6 at step 2: (3+6+3)/3 = 4, and the window ends at step 3.',
  },
  {
    name: 'a value older than all of a full series is late',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream([1, metrics(loss([1, 1], [2, 2]))], [2, metrics(loss([0, 100]))]),
    firings: [],
    late: 1,
    working: 'the series is full with steps 1 and 2.',
  },
  {
    name: 'a value older than all of a series that is not full takes its place',
    automations: [automation(onMetrics(average(3, '>', 4)))],
    arrivals: stream([1, metrics(loss([1, 1], [2, 2]))], [2, metrics(loss([0, 12]))]),
    firings: [fires(2, 5)],
    late: 0,
    working: '(12+1+2)/3 = 5, in the window that ends at step 2.',
  },
  {
    name: 'an old value is judged by long windows only',
    automations: [
      automation(onMetrics(last('>', 0)), { id: 'short' }),
      automation(onMetrics(average(3, '>', 0)), { id: 'long' }),
    ],
    arrivals: stream(
      [1, metrics(loss([1, -9], [3, -9]))],
      [2, metrics(loss([4, 1]))],
      [3, metrics(loss([2, 90]))],
    ),
    firings: [fires(4, 1, { automation: 'short' }), fires(4, 82 / 3, { automation: 'long' })],
    working: 'step 4: (-9-9+1)/3 < 0; with 90 at step 2: (90-9+1)/3; the short one is not judged again.',
  },
  {
    name: 'an old value beyond the reach of a window does not have it judged',
    automations: [
      automation(onMetrics(last('>', 0), { repeat: { mode: 'every_time' }, filter: { user: 'ada' } }), {
        id: 'short',
      }),
      automation(onMetrics(average(3, '>', 100)), { id: 'long' }),
    ],
    arrivals: stream(
      [1, metrics(loss([1, 1], [3, 1]), { by: 'bob' })],
      [2, metrics(loss([2, 1]), { by: 'ada' })],
      [3, metrics(loss([4, 1]), { by: 'ada' })],
    ),
    firings: [fires(4, 1, { automation: 'short' })],
    working:
      "bob's 1 at step 3 is not judged; ada's at step 2 is second from the newest, and one is looked at.",
  },
  {
    name: 'a series becomes shorter when its longest window is deleted',
    automations: [
      automation(onMetrics(average(4, '>', 100)), { id: 'long', deleted: 2 }),
      automation(onMetrics(average(2, '>', 4)), { id: 'short' }),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 1], [2, 1], [3, 1]))], [3, metrics(loss([1, 1]))]),
    firings: [],
    late: 1,
    working: 'at second 3 the series keeps two values, steps 2 and 3: step 1 is older than all.',
  },
  {
    name: 'the longest window in any scope of the run says how long a series is kept',
    automations: [
      automation(onMetrics(average(2, '>', 4)), { id: 'short' }),
      automation(onMetrics(average(4, '>', 100)), { id: 'long', scope: ORGANIZATION }),
    ],
    arrivals: stream([1, metrics(loss([1, 1], [2, 2]))], [2, metrics(loss([0, 100]))]),
    firings: [],
    late: 0,
    working: 'four values are kept, so step 0 takes its place: outside of the short window.',
  },
  {
    name: 'a repeat of a value that the series has dropped is late',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream([1, metrics(loss([0, 0], [1, 1], [2, 2]))], [2, metrics(loss([0, 0]))]),
    firings: [],
    late: 1,
    working: 'the series holds steps 1 and 2.',
  },
  {
    name: 'values received before the save do not count',
    automations: [
      automation(onMetrics(average(2, '>', 100)), { id: 'old' }),
      automation(onMetrics(average(2, '>', 0)), { id: 'new', saved: 2 }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 1]))],
      [3, metrics(loss([2, 3]))],
      [4, metrics(loss([3, 5]))],
    ),
    firings: [fires(3, 4, { automation: 'new' })],
    working: 'at step 2 the window holds step 1, from before the save; at step 3 it holds 3 and 5.',
  },
  {
    name: 'an early step that came after the save does not make later steps count that came before it',
    automations: [
      automation(onMetrics(average(2, '>', 100)), { id: 'old' }),
      automation(onMetrics(average(2, '>', 0)), { id: 'new', saved: 2 }),
    ],
    arrivals: stream([1, metrics(loss([1, 1]))], [3, metrics(loss([0, 3]))]),
    firings: [],
    working: 'the window is step 0, received at second 3, and step 1, received before the save.',
  },
  {
    name: 'a window holds back for a value from before the save wherever it stands',
    automations: [
      automation(onMetrics(average(3, '>', 100)), { id: 'old' }),
      automation(onMetrics(average(3, '>', 0)), { id: 'new', saved: 2 }),
    ],
    arrivals: stream(
      [1, metrics(loss([1, 1]))],
      [3, metrics(loss([0, 3]))],
      [4, metrics(loss([2, 5]))],
      [5, metrics(loss([3, 1]))],
      [6, metrics(loss([4, 3]))],
    ),
    firings: [fires(4, 3, { automation: 'new' })],
    working: 'step 1 is from before the save: windows 0-1-2 and 1-2-3 do not count; (5+1+3)/3 = 3 does.',
  },
  {
    name: 'a window that holds values from before the save does not open after false',
    automations: [
      automation(onMetrics(average(3, '>', 100)), { id: 'old' }),
      automation(
        onMetrics(
          { threshold: { metric: 'loss', aggregate: 'min', window: 2, comparison: '>', value: 0 } },
          AFTER_FALSE,
        ),
        { id: 'new', saved: 2 },
      ),
    ],
    arrivals: stream(
      [1, metrics(loss([0, -5], [1, -5]))],
      [3, metrics(loss([2, 1], [3, 1]))],
      [4, state('RUNNING', { rewindTo: 1 })],
      [5, metrics(loss([2, 1]))],
      [6, metrics(loss([4, 2]))],
    ),
    firings: [fires(3, 1, { automation: 'new' })],
    working:
      'at second 5 the window is -5, from before the save, and 1: no judgement; min(1,2) is held back.',
  },
  {
    name: 'enabled again, no window bridges the time in which nobody watched',
    automations: [automation(onMetrics(average(3, '>', 10)), { disabled: [2, 4] })],
    arrivals: stream(
      [1, metrics(loss([0, 20], [1, 20]))],
      [3, metrics(loss([2, 0], [3, 0]))],
      [5, metrics(loss([4, 0]))],
      [6, metrics(loss([5, 0], [6, 60]))],
    ),
    firings: [fires(6, 20)],
    working:
      '20, 20, 0 would be above 10, but two of them came before second 4; of 0, 0, 60 all came after it.',
  },
  {
    name: 'enabled again, an automation has no window from before, also where another one watched all the time',
    automations: [
      automation(onMetrics(average(2, '>', 0)), { disabled: [2, 4] }),
      automation(onMetrics(average(2, '>', 0)), { id: 'other' }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]))],
      [3, metrics(loss([1, 1]))],
      [5, metrics(loss([2, 1]))],
      [6, metrics(loss([3, 1]))],
    ),
    firings: [
      fires(1, 1, { automation: 'other' }),
      fires(2, 1, { automation: 'other' }),
      fires(3, 1),
      fires(3, 1, { automation: 'other' }),
    ],
    working: 'at step 3 both values came after second 4.',
  },
  {
    name: 'a value received at the moment of the save counts',
    automations: [automation(onMetrics(last('>', 0)), { saved: 1 })],
    arrivals: stream([1, metrics(loss([0, 1]))]),
    firings: [fires(0, 1)],
    working: 'at or after the moment of the save.',
  },
  {
    name: 'an automation that was deleted is not judged any more',
    automations: [automation(onMetrics(last('>', 0)), { deleted: 2 })],
    arrivals: stream([1, metrics(loss([0, 1]))], [2, metrics(loss([1, 1]))]),
    firings: [fires(0, 1)],
    working: 'it exists before its deletion, not at it.',
  },
  {
    name: 'a newer attempt replaces the values from its lowest step on',
    automations: [automation(onMetrics(average(3, '>=', 4)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 4]))],
      [2, metrics(loss([3, 6], [2, 4]), { attempt: 1 })],
    ),
    firings: [fires(3, 4, { attempt: 1 })],
    working:
      'of steps 1 to 3, 2 and 3 are forgotten; with 6 at step 3 the window is not full; with 4 at 2: (2+4+6)/3.',
  },
  {
    name: 'where a newer attempt names no step nothing is forgotten',
    automations: [automation(onMetrics(average(3, '>=', 4)))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2]))], [2, metrics(loss(9), { attempt: 1 })]),
    firings: [fires(2, 4, { attempt: 1 })],
    working: '9 is at step 2, and (1+2+9)/3 = 4.',
  },
  {
    name: 'after a newer attempt the next step is that after what it kept',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [9, 1]))],
      [2, metrics([{ metrics: { loss: 2 } }, { step: 5, metrics: { loss: 3 } }], { attempt: 1 })],
    ),
    firings: [fires(0, 1), fires(9, 1), fires(5, 2, { attempt: 1 })],
    late: 0,
    working:
      'the lowest step named is 5, so the newest becomes 4: the first point is at 5, the second repeats it.',
  },
  {
    name: 'the points of an older attempt are late, each of them',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { attempt: 2 })],
      [2, metrics(loss([1, 1], [2, 1]), { attempt: 1 })],
      [3, metrics(loss(1))],
    ),
    firings: [fires(0, 1, { attempt: 2 }), fires(1, 1, { attempt: 2 })],
    late: 2,
    working: 'an event without an attempt belongs to the current one, 2, and the next step is 1.',
  },
  {
    name: 'a value of an earlier attempt that was not replaced is still held',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream(
      [1, metrics(loss([0, 0], [1, 0]))],
      [2, metrics(loss([2, 2]), { attempt: 1 })],
      [3, metrics(loss([1, 100]), { attempt: 1 })],
    ),
    firings: [],
    late: 0,
    working: 'attempt 1 begins at step 2; step 1 is held from attempt 0: a repeat.',
  },
  {
    name: 'the same step fires again in a newer attempt',
    automations: [automation(onMetrics(last('>', 0)))],
    arrivals: stream([1, metrics(loss([0, 1]))], [2, metrics(loss([0, 1]), { attempt: 1 })]),
    firings: [fires(0, 1), fires(0, 1, { attempt: 1 })],
    working: 'the attempt is in the occurrence.',
  },
  {
    name: 'an event that holds no watched metric begins no attempt',
    automations: [automation(onMetrics(average(2, '>', 0)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, -1]))],
      [2, metrics([{ step: 1, metrics: { acc: 1 } }], { attempt: 1 })],
      [3, metrics(loss([2, 3]), { attempt: 0 })],
    ),
    firings: [fires(2, 1)],
    late: 0,
    working: 'nobody looks at acc: attempt 0 is still the current one, and (-1+3)/2 = 1.',
  },
  {
    name: 'a rewind forgets later values and keeps the one at its step',
    automations: [automation(onMetrics(average(3, '>=', 4)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 4]))],
      [2, state('RUNNING', { rewindTo: 2 })],
      [3, metrics(loss(7))],
    ),
    firings: [fires(3, 4)],
    working: 'steps 1 and 2 stay, 7 comes at step 3: (2+3+7)/3 = 4.',
  },
  {
    name: 'what a series dropped before a rewind does not come back, also where it is sent again',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 3]))],
      [2, state('RUNNING', { rewindTo: 2 })],
      [3, metrics(loss([1, 6]))],
      [4, metrics(loss([3, 7]))],
    ),
    firings: [fires(3, 5)],
    late: 1,
    working: 'only step 2 is left, which is no full window; step 1 was dropped and is late; (3+7)/2 = 5.',
  },
  {
    name: 'a rewind further back than a series reaches lets all steps come that it forgot, and none before',
    automations: [automation(onMetrics(average(2, '>', 4)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 1], [2, 1], [3, 1], [4, 1]))],
      [2, state('RUNNING', { rewindTo: 1 })],
      [3, metrics(loss([1, 9], [3, 5], [2, 6]))],
    ),
    firings: [fires(3, 5.5)],
    late: 1,
    working: 'steps 3 and 4 are forgotten; step 1 is late, steps 2 and 3 are new: (6+5)/2 = 5.5.',
  },
  {
    name: 'a rewind forgets in all metrics of the run, and in no other run',
    automations: [
      automation(onMetrics(average(2, '>', 0)), { id: 'loss' }),
      automation(
        onMetrics({ threshold: { metric: 'acc', aggregate: 'min', window: 2, comparison: '>', value: 0 } }),
        { id: 'acc' },
      ),
    ],
    arrivals: stream(
      [1, metrics([{ step: 3, metrics: { acc: 1, loss: 1 } }])],
      [2, metrics([{ step: 3, metrics: { acc: 1 } }], { id: 'r2' })],
      [3, state('RUNNING', { rewindTo: 2 })],
      [4, metrics([{ step: 4, metrics: { acc: 2, loss: 2 } }])],
      [5, metrics([{ step: 4, metrics: { acc: 2 } }], { id: 'r2' })],
    ),
    firings: [fires(4, 1, { automation: 'acc', metric: 'acc', run: 'red/p/r2' })],
    working: 'r1 has one value of each metric left; r2 has two of acc.',
  },
  {
    name: 'a rewind named by an older attempt of the states does nothing',
    automations: [automation(onMetrics(average(2, '>', 0)))],
    arrivals: stream(
      [1, metrics(loss([3, 1]))],
      [2, state('RUNNING', { attempt: 1 })],
      [3, state('RUNNING', { attempt: 0, rewindTo: 0 })],
      [4, metrics(loss(3))],
    ),
    firings: [fires(4, 2)],
    working: 'the value at step 3 is still there, and the next step is 4.',
  },
  {
    name: 'an attempt that only a state named has replaced no values',
    automations: [automation(onMetrics(average(2, '>=', 5)))],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 1]))],
      [2, state('RUNNING', { attempt: 1 })],
      [3, metrics(loss([2, 3]), { attempt: 0 })],
      [4, metrics(loss([1, 9], [0, 1]), { attempt: 1 })],
    ),
    firings: [fires(1, 5, { attempt: 1 })],
    late: 0,
    working:
      'attempt 0 may still send: (1+3)/2 = 2; attempt 1 begins at step 0 and forgets the rest: (1+9)/2 = 5.',
  },
  {
    name: 'the series stays free at the step of a non-finite value',
    automations: [automation(onMetrics(average(2, '>', 0)))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 'NaN']))], [2, metrics(loss([1, 3]))]),
    firings: [fires(1, 2)],
    working: '3 takes the place at step 1: (1+3)/2.',
  },
  {
    name: 'not finite becomes false by a finite value at any place',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }, AFTER_FALSE), { id: 'nan' }),
      automation(onMetrics(average(3, '>', 100)), { id: 'long' }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1], [2, 1]))],
      [2, metrics(loss([3, 'NaN'], [4, 'NaN']))],
      [3, metrics(loss([1, 1]))],
      [4, metrics(loss([5, 'NaN']))],
    ),
    firings: [fires(3, undefined, { automation: 'nan' }), fires(5, undefined, { automation: 'nan' })],
    working: 'NaN at 4 is held back; the value at step 1 took its place and is finite; NaN at 5 fires.',
  },
  {
    name: 'a repeat of a finite value does not make not-finite false',
    automations: [automation(onMetrics({ not_finite: { metric: 'loss' } }, AFTER_FALSE))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 'NaN']))], [2, metrics(loss([0, 1], [2, 'NaN']))]),
    firings: [fires(1)],
    working: 'step 0 is held: the repeat changes nothing, so NaN at 2 is held back.',
  },
  {
    name: 'a NaN for a step that the series holds is judged, and changes nothing in the series',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }), { id: 'nan' }),
      automation(onMetrics(average(3, '>', 100)), { id: 'long' }),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 1]))], [2, metrics(loss([0, 'NaN']))]),
    firings: [fires(0, undefined, { automation: 'nan' })],
    late: 0,
    working: 'rule 6: a not_finite condition is judged at each value as it comes, whatever its step.',
  },
  {
    name: 'a NaN older than all of a full series is judged, and is not late',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }), { id: 'nan' }),
      automation(onMetrics(average(2, '>', 100)), { id: 'long' }),
    ],
    arrivals: stream([1, metrics(loss([1, 1], [2, 1]))], [2, metrics(loss([0, 'NaN']))]),
    firings: [fires(0, undefined, { automation: 'nan' })],
    late: 0,
    working: 'rule 6: met by a non-finite value, whatever its step; only values that are kept can be late.',
  },
  {
    name: 'a series that nobody watched for an hour is forgotten when the run sends something watched',
    automations: [
      automation(onMetrics(average(4, '>', 100)), { id: 'gone', deleted: 2 }),
      automation(onMetrics({ threshold: { metric: 'acc', comparison: '>', value: 100 } }), { id: 'acc' }),
      automation(onMetrics(average(2, '>', 0)), { id: 'new', saved: HOUR + 10 }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 1]))],
      [HOUR + 1, metrics([{ step: 2, metrics: { acc: 1 } }])],
      [HOUR + 11, metrics(loss([1, 3]))],
      [HOUR + 12, metrics(loss([0, 5]))],
    ),
    firings: [fires(1, 4, { automation: 'new' })],
    late: 0,
    working: 'loss is forgotten an hour after second 1; steps 1 and 0 are sent anew: (5+3)/2 = 4.',
  },
  {
    name: 'a series that nobody watched for less than an hour is still held',
    automations: [
      automation(onMetrics(average(4, '>', 100)), { id: 'gone', deleted: 2 }),
      automation(onMetrics({ threshold: { metric: 'acc', comparison: '>', value: 100 } }), { id: 'acc' }),
      automation(onMetrics(average(2, '>', 0)), { id: 'new', saved: HOUR - 10 }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 1]))],
      [HOUR - 20, metrics([{ step: 2, metrics: { acc: 1 } }])],
      [HOUR - 9, metrics(loss([1, 3]))],
      [HOUR - 8, metrics(loss([0, 5]))],
    ),
    firings: [],
    late: 0,
    working: 'steps 0 and 1 are held: both are repeats.',
  },
  {
    name: 'a series that is watched is kept however long it is silent',
    automations: [automation(onMetrics(average(2, '>', 0)))],
    arrivals: stream([1, metrics(loss([0, 1]))], [50 * HOUR, metrics(loss([1, 3]))]),
    firings: [fires(1, 2)],
    working: 'rule 9 is about series that nobody watches.',
  },
  {
    name: 'an automation of the team and one of the organization see the run as well, and another project does not',
    automations: [
      automation(onMetrics(last('>', 0)), { id: 'project' }),
      automation(onMetrics(last('>', 0)), { id: 'team', scope: TEAM }),
      automation(onMetrics(last('>', 0)), { id: 'org', scope: ORGANIZATION }),
      automation(onMetrics(last('>', 0)), { id: 'q', scope: { kind: 'project', team: 'red', project: 'q' } }),
      automation(onMetrics(last('>', 0)), {
        id: 'blue',
        scope: { kind: 'project', team: 'blue', project: 'p' },
      }),
      automation(onMetrics(last('>', 0)), { id: 'blues', scope: { kind: 'team', team: 'blue' } }),
    ],
    arrivals: stream([1, metrics(loss([0, 1]))]),
    firings: ['project', 'team', 'org'].map((id) => fires(0, 1, { automation: id })),
    working: 'red/p is in the project red/p, the team red and the organization.',
  },
  {
    name: 'runs with the same id in two projects are two runs',
    automations: [automation(onMetrics(average(2, '>', 0)), { scope: TEAM })],
    arrivals: stream(
      [1, metrics(loss([0, 1]))],
      [2, metrics(loss([1, 1]), { project: 'q' })],
      [3, metrics(loss([2, 3]), { project: 'q' })],
    ),
    firings: [fires(2, 2, { run: 'red/q/r1' })],
    working: 'red/q/r1 has 1 and 3; red/p/r1 has one value.',
  },
  {
    name: 'a filter says when a window is judged, and not what it holds',
    automations: [
      automation(onMetrics(average(2, '>', 0), { repeat: { mode: 'every_time' }, filter: { user: 'ada' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { by: 'bob' })],
      [2, metrics(loss([1, 3]), { by: 'ada' })],
      [3, metrics(loss([2, 3]), { by: 'bob' })],
      [4, metrics(loss([3, 3]))],
    ),
    firings: [fires(1, 2)],
    working: "bob's value is in ada's window; bob's own and nobody's are not judged.",
  },
  {
    name: 'filters see the name, the tags and the configuration of the run',
    automations: [
      automation(onMetrics(last('>', 0), { filter: { 'run.name': { $regex: '^calm' } } }), { id: 'name' }),
      automation(onMetrics(last('>', 0), { filter: { 'run.tags': 'baseline' } }), { id: 'tag' }),
      automation(onMetrics(last('>', 0), { filter: { 'run.tags': { $ne: 'baseline' } } }), { id: 'no-tag' }),
      automation(onMetrics(last('>', 0), { filter: { 'run.config.model.depth': { $gte: 3 } } }), {
        id: 'deep',
      }),
    ],
    arrivals: stream(
      [
        1,
        metrics(loss([0, 1]), {
          name: 'calm-lake-1',
          tags: ['nightly', 'baseline'],
          config: { model: { depth: 3 } },
        }),
      ],
      [2, metrics(loss([0, 1]), { id: 'r2', name: 'a-calm-sea', config: { model: { depth: 2 } } })],
    ),
    firings: [
      fires(0, 1, { automation: 'name' }),
      fires(0, 1, { automation: 'tag' }),
      fires(0, 1, { automation: 'deep' }),
      fires(0, 1, { automation: 'no-tag', run: 'red/p/r2' }),
    ],
    working: 'r1 begins with calm, has the tag and depth 3; r2 has no tags, which is not equal to baseline.',
  },
];
