// Firing again: the latch of automations on metrics.
import {
  automation,
  fires,
  firesOn,
  type HandCase,
  loss,
  metrics,
  onMetrics,
  onStates,
  state,
  stream,
} from './hand-writing.ts';
import type { Condition, Repeat } from './world.ts';

const HIGH: Condition = { threshold: { metric: 'loss', comparison: '>', value: 0 } };
const DAY = 24 * 3600;

function again(repeat?: Repeat, id = 'a') {
  return automation(onMetrics(HIGH, repeat === undefined ? {} : { repeat }), { id });
}

export const repeatCases: HandCase[] = [
  {
    name: 'without a repeat an automation fires once in 24 hours',
    automations: [again()],
    arrivals: stream(
      [0, metrics(loss([0, 1]))],
      [1, metrics(loss([1, -1]))],
      [DAY - 1, metrics(loss([2, 2]))],
      [DAY + 1, metrics(loss([3, 3]))],
    ),
    firings: [fires(0, 1), fires(3, 3)],
    working: 'a second before 24 hours it is held back, though it was false in between.',
  },
  {
    name: 'once a day counts from the last firing, not from what was held back',
    automations: [again({ mode: 'once_a_day' })],
    arrivals: stream(
      [0, metrics(loss([0, 1]))],
      [DAY / 2, metrics(loss([1, 1]))],
      [DAY + 1, metrics(loss([2, 2]))],
      [2 * DAY, metrics(loss([3, 3]))],
      [2 * DAY + 2, metrics(loss([4, 4]))],
    ),
    firings: [fires(0, 1), fires(2, 2), fires(4, 4)],
    working: 'firings at 0, 1 day + 1 s; 2 days is 1 s too early; 2 days + 2 s is late enough.',
  },
  {
    name: 'once per run fires once for each run, however many attempts it has',
    automations: [again({ mode: 'once_per_run' })],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 2]))],
      [2, metrics(loss([0, 3]), { attempt: 1 })],
      [3, metrics(loss([0, 4]), { id: 'r2' })],
      [9 * DAY, metrics(loss([1, 5]))],
    ),
    firings: [fires(0, 1), fires(0, 4, { run: 'red/p/r2' })],
    working: 'one latch a run.',
  },
  {
    name: 'every time fires at each value',
    automations: [again({ mode: 'every_time' })],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 0], [3, 3]))]),
    firings: [fires(0, 1), fires(1, 2), fires(3, 3)],
    working: 'each time it is judged and met.',
  },
  {
    name: 'after false waits for a judgement that is not met',
    automations: [again({ mode: 'after_false' })],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 0], [3, 3], [4, 4]))]),
    firings: [fires(0, 1), fires(3, 3)],
    working: '0 at step 2 is not > 0.',
  },
  {
    name: 'after false is not opened by a value whose event the filter does not take',
    automations: [automation(onMetrics(HIGH, { repeat: { mode: 'after_false' }, filter: { user: 'ada' } }))],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { by: 'ada' })],
      [2, metrics(loss([1, -1]), { by: 'bob' })],
      [3, metrics(loss([2, 1]), { by: 'ada' })],
      [4, metrics(loss([3, -1]), { by: 'ada' })],
      [5, metrics(loss([4, 1]), { by: 'ada' })],
    ),
    firings: [fires(0, 1), fires(4, 1)],
    working: 'the latch changes only where the filter takes the event.',
  },
  {
    name: 'after false is not opened by a window that is not full',
    automations: [
      automation(
        onMetrics(
          { threshold: { metric: 'loss', aggregate: 'min', window: 2, comparison: '>', value: 0 } },
          { repeat: { mode: 'after_false' } },
        ),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 1]))], [2, metrics(loss([0, 3], [5, 4]), { attempt: 1 })]),
    firings: [fires(1, 1)],
    working:
      'attempt 1 begins anew: its first window is not full and no judgement, so min(3,4) is held back.',
  },
  {
    name: 'after false takes a change that is relative to nothing for false',
    automations: [
      automation(
        onMetrics(
          { change: { metric: 'loss', window: 1, prior_window: 1, amount: 1 } },
          { repeat: { mode: 'after_false' } },
        ),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 2], [1, 4], [2, 0], [3, 4], [4, 8]))]),
    firings: [fires(1, 1), fires(4, 1)],
    working: 'step 1: 1; step 2: -1, held back; step 3: p = 0, not met; step 4: (8-4)/4 = 1.',
  },
  {
    name: 'an interval holds back what comes within it',
    automations: [again({ mode: 'interval', seconds: 600 })],
    arrivals: stream(
      [0, metrics(loss([0, 1]))],
      [599, metrics(loss([1, 2]))],
      [601, metrics(loss([2, 3]))],
      [1200, metrics(loss([3, 4]))],
      [1202, metrics(loss([4, 5]))],
    ),
    firings: [fires(0, 1), fires(2, 3), fires(4, 5)],
    working: '599 < 600; 601 is enough; 1200-601 = 599; 1202-601 = 601.',
  },
  {
    name: 'exactly 24 hours, and exactly the interval, after the last firing is late enough',
    automations: [again({ mode: 'once_a_day' }, 'day'), again({ mode: 'interval', seconds: 60 }, 'minute')],
    arrivals: stream(
      [0, metrics(loss([0, 1]))],
      [59, metrics(loss([1, 1]))],
      [60, metrics(loss([2, 1]))],
      [DAY, metrics(loss([3, 1]))],
    ),
    firings: [
      fires(0, 1, { automation: 'day' }),
      fires(0, 1, { automation: 'minute' }),
      fires(2, 1, { automation: 'minute' }),
      fires(3, 1, { automation: 'day' }),
      fires(3, 1, { automation: 'minute' }),
    ],
    working: '60 and 86,400 seconds after second 0 are not within them.',
  },
  {
    name: 'values of one event have one time',
    automations: [again({ mode: 'interval', seconds: 1 })],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3]))]),
    firings: [fires(0, 1)],
    working: 'times are those of receipt.',
  },
  {
    name: 'the latch of one automation is not that of another',
    automations: [again({ mode: 'once_per_run' }, 'once'), again({ mode: 'every_time' }, 'every')],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2]))]),
    firings: [
      fires(0, 1, { automation: 'once' }),
      fires(0, 1, { automation: 'every' }),
      fires(1, 2, { automation: 'every' }),
    ],
    working: 'at step 1 only the second may fire.',
  },
  {
    name: 'enabled again, an automation has the latch that it had',
    automations: [
      automation(onMetrics(HIGH, { repeat: { mode: 'once_per_run' } }), { disabled: [2, 3] }),
      automation(onStates(['RUNNING'], { repeat: { mode: 'once_per_run' } }), { id: 's', disabled: [2, 3] }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]))],
      [1, state('RUNNING')],
      [4, metrics(loss([1, 1]))],
      [5, state('FINISHED')],
      [6, state('RUNNING')],
    ),
    firings: [fires(0, 1), firesOn('e2', 's')],
    working: 'both fired at second 1, once for the run.',
  },
  {
    name: 'a NaN that comes again for the step that it fired for uses up no latch',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }, { repeat: { mode: 'after_false' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([5, 'NaN']))],
      [2, metrics(loss([6, 1]))],
      [3, metrics(loss([5, 'NaN']))],
      [4, metrics(loss([7, 'NaN']))],
    ),
    firings: [fires(5), fires(7)],
    working: 'it was false at step 6; step 5 is there already; step 7 is the next.',
  },
  {
    name: 'a NaN that was held back does not fire when it comes again',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }, { repeat: { mode: 'after_false' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([5, 'NaN'], [4, 'NaN'], [7, 'NaN'], [8, 1]))],
      [2, metrics(loss([5, 'NaN'], [4, 'NaN'], [7, 'NaN'], [3, 'NaN']))],
      [3, metrics(loss([9, 'NaN']))],
    ),
    firings: [fires(5), fires(3)],
    working:
      'steps 4 and 7 were held back before it was false at step 8, so 5, 4 and 7 come again; 3 is new, and holds 9 back.',
  },
  {
    name: 'what was held back before a rewind may fire after it',
    automations: [
      automation(onMetrics({ not_finite: { metric: 'loss' } }, { repeat: { mode: 'after_false' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([5, 'NaN'], [6, 'NaN'], [7, 'NaN']))],
      [2, state('RUNNING', { rewindTo: 3 })],
      [3, metrics(loss([4, 1], [6, 'NaN'], [7, 'NaN']))],
    ),
    firings: [fires(5), fires(6)],
    working:
      'step 5 fires and holds 6 and 7 back; they are trained anew, it is false at step 4, and 6 fires.',
  },
  {
    name: 'a step that is sent again after a rewind uses up no latch',
    automations: [again({ mode: 'after_false' })],
    arrivals: stream(
      [1, metrics(loss([5, 1]))],
      [2, state('RUNNING', { rewindTo: 3 })],
      [3, metrics(loss([4, -1], [5, 1], [6, 1], [7, 1]))],
    ),
    firings: [fires(5, 1), fires(6, 1)],
    working: 'step 4 is false, step 5 is one delivery, step 6 is the next, and step 7 is held back.',
  },
  {
    name: 'an edited trigger begins with a latch of its own',
    automations: [
      automation(onMetrics(HIGH, { repeat: { mode: 'once_per_run' } }), { deleted: 3 }),
      automation(onMetrics(HIGH, { repeat: { mode: 'once_a_day' } }), { saved: 3 }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]))],
      [2, metrics(loss([1, 1]))],
      [4, metrics(loss([2, 1], [3, 1]))],
    ),
    firings: [fires(0, 1), fires(2, 1)],
    working: 'the first trigger fires once; the second has not fired yet at second 4, and then has.',
  },
  {
    name: 'a step that fired before an edit is the same delivery after it',
    automations: [
      automation(
        onMetrics({ threshold: { metric: 'loss', aggregate: 'max', window: 2, comparison: '>', value: 0 } }),
        { deleted: 3 },
      ),
      automation(
        onMetrics({ threshold: { metric: 'loss', aggregate: 'min', window: 1, comparison: '>', value: 0 } }),
        { saved: 3 },
      ),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1], [1, 2]))],
      [4, state('RUNNING', { rewindTo: 0 })],
      [5, metrics(loss([1, 3], [2, 4]))],
    ),
    firings: [fires(1, 2), fires(2, 4)],
    working: 'step 1 is decided by the old trigger with 2 and, after the rewind, by the new one with 3.',
  },
  {
    name: 'the same occurrence decided twice is one delivery',
    automations: [
      automation(
        onMetrics(
          { threshold: { metric: 'loss', aggregate: 'max', window: 3, comparison: '>', value: 0 } },
          { repeat: { mode: 'every_time' } },
        ),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 5], [1, 6], [3, 7]))], [2, metrics(loss([2, 9]))]),
    firings: [fires(3, 7)],
    working: 'step 3 is decided with 7, and again with 9 when step 2 came.',
  },
  {
    name: 'an occurrence that is decided again is no firing, and begins no interval',
    automations: [
      automation(
        onMetrics(
          { threshold: { metric: 'loss', aggregate: 'max', window: 3, comparison: '>', value: 0 } },
          { repeat: { mode: 'interval', seconds: 600 } },
        ),
      ),
    ],
    arrivals: stream(
      [0, metrics(loss([0, 5], [1, 6], [3, 7]))],
      [700, metrics(loss([2, 9]))],
      [1000, metrics(loss([4, 8]))],
      [1400, metrics(loss([5, 8]))],
    ),
    firings: [fires(3, 7), fires(4, 9)],
    working:
      'decided at 0 and, as the same delivery, at 700; 1000 is more than 600 after 0; 1400 is within 600 of that.',
  },
];
