// The conditions on metrics: met, not met, exactly at the bound, window not full.
import {
  automation,
  EVERY,
  fires,
  type HandCase,
  loss,
  metrics,
  onMetrics,
  PROJECT,
  state,
  stream,
  TEAM,
} from './hand-writing.ts';

export const conditionCases: HandCase[] = [
  {
    name: 'a threshold with no more than a comparison looks at the last value',
    automations: [automation(onMetrics({ threshold: { metric: 'loss', comparison: '>', value: 2 } }))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 2]))]),
    firings: [fires(2, 3)],
    working: '1, 2 and 2 are not > 2; only 3 at step 2 is. The bound itself is not met by >.',
  },
  {
    name: 'at least takes the bound itself',
    automations: [automation(onMetrics({ threshold: { metric: 'loss', comparison: '>=', value: 2 } }))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3]))]),
    firings: [fires(1, 2), fires(2, 3)],
    working: '2 >= 2 and 3 >= 2; 1 is not.',
  },
  {
    name: 'below does not take the bound, and at most does',
    automations: [
      automation(onMetrics({ threshold: { metric: 'loss', comparison: '<', value: 2 } }), { id: 'below' }),
      automation(onMetrics({ threshold: { metric: 'loss', comparison: '<=', value: 2 } }), { id: 'at-most' }),
    ],
    arrivals: stream([1, metrics(loss([0, 3], [1, 2], [2, 1]))]),
    firings: [
      fires(1, 2, { automation: 'at-most' }),
      fires(2, 1, { automation: 'below' }),
      fires(2, 1, { automation: 'at-most' }),
    ],
    working: 'step 1: 2 <= 2 only; step 2: 1 < 2 and 1 <= 2.',
  },
  {
    name: 'equal and not equal divide the values between them',
    automations: [
      automation(onMetrics({ threshold: { metric: 'loss', comparison: '==', value: 2 } }), { id: 'equal' }),
      automation(onMetrics({ threshold: { metric: 'loss', comparison: '!=', value: 2 } }), { id: 'other' }),
    ],
    arrivals: stream([1, metrics(loss([0, 2], [1, 3]))]),
    firings: [fires(0, 2, { automation: 'equal' }), fires(1, 3, { automation: 'other' })],
    working: 'step 0: 2 == 2; step 1: 3 != 2.',
  },
  {
    name: 'between takes both of its bounds',
    automations: [
      automation(onMetrics({ threshold: { metric: 'loss', comparison: 'between', values: [1, 3] } })),
    ],
    arrivals: stream([1, metrics(loss([0, 0], [1, 1], [2, 2], [3, 3], [4, 4]))]),
    firings: [fires(1, 1), fires(2, 2), fires(3, 3)],
    working: '1 <= x <= 3 holds for 1, 2 and 3.',
  },
  {
    name: 'outside takes neither of its bounds',
    automations: [
      automation(onMetrics({ threshold: { metric: 'loss', comparison: 'outside', values: [1, 3] } })),
    ],
    arrivals: stream([1, metrics(loss([0, 0], [1, 1], [2, 2], [3, 3], [4, 4]))]),
    firings: [fires(0, 0), fires(4, 4)],
    working: 'x < 1 or x > 3 holds for 0 and 4.',
  },
  {
    name: 'an average counts when its window is full, and hits its bound exactly',
    automations: [
      automation(
        onMetrics({
          threshold: { metric: 'loss', aggregate: 'average', window: 3, comparison: '>=', value: 4 },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 9], [1, 9], [2, -6], [3, 8], [4, 1]))]),
    firings: [fires(2, 4)],
    working: 'two values are no window of three; (9+9-6)/3 = 4; (9-6+8)/3 = 11/3; (-6+8+1)/3 = 1.',
  },
  {
    name: 'the least of a window leaves it when the window moves on',
    automations: [
      automation(
        onMetrics({ threshold: { metric: 'loss', aggregate: 'min', window: 2, comparison: '>', value: 1 } }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 5], [2, 4]))]),
    firings: [fires(2, 4)],
    working: 'step 0 not full; min(1,5) = 1; min(5,4) = 4 > 1.',
  },
  {
    name: 'the greatest of a window is compared',
    automations: [
      automation(
        onMetrics({ threshold: { metric: 'loss', aggregate: 'max', window: 2, comparison: '<=', value: 3 } }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 3], [1, 4], [2, 3], [3, 2]))]),
    firings: [fires(3, 3)],
    working: 'max(3,4) = 4; max(4,3) = 4; max(3,2) = 3 <= 3.',
  },
  {
    name: 'the last of a window of three waits for three values',
    automations: [
      automation(
        onMetrics({ threshold: { metric: 'loss', aggregate: 'last', window: 3, comparison: '>', value: 0 } }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 5], [1, 6], [2, 7]))]),
    firings: [fires(2, 7)],
    working: 'a window MUST count only when it is full: first at the third value.',
  },
  {
    name: 'an absolute change is met at exactly its amount',
    automations: [
      automation(
        onMetrics({
          change: { metric: 'loss', window: 2, prior_window: 2, change_type: 'absolute', amount: 2 },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 3], [2, 4], [3, 4], [4, 4], [5, 6]))]),
    firings: [fires(3, 2)],
    working: 'step 3: 4-2 = 2; step 4: avg(4,4)-avg(3,4) = 0.5; step 5: avg(4,6)-avg(4,4) = 1.',
  },
  {
    name: 'a change that is only half of its amount is none',
    automations: [
      automation(
        onMetrics({
          change: { metric: 'loss', window: 1, prior_window: 1, change_type: 'absolute', amount: 2 },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 0], [3, 3]))]),
    firings: [fires(2, -2), fires(3, 3)],
    working: 'differences 1, -2, 3: either way counts, from 2 on.',
  },
  {
    name: 'a change of one direction is blind to the other',
    automations: [
      automation(
        onMetrics({
          change: {
            metric: 'loss',
            window: 1,
            prior_window: 1,
            change_type: 'absolute',
            direction: 'increase',
            amount: 2,
          },
        }),
        { id: 'up' },
      ),
      automation(
        onMetrics({
          change: {
            metric: 'loss',
            window: 1,
            prior_window: 1,
            change_type: 'absolute',
            direction: 'decrease',
            amount: 2,
          },
        }),
        { id: 'down' },
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 3], [2, 0]))]),
    firings: [fires(1, 2, { automation: 'up' }), fires(2, -3, { automation: 'down' })],
    working: '3-1 = 2 is an increase of 2; 0-3 = -3 is a decrease of 3.',
  },
  {
    name: 'a relative change is a fraction of the prior without its sign',
    automations: [
      automation(
        onMetrics({
          change: { metric: 'loss', window: 1, prior_window: 1, direction: 'increase', amount: 0.5 },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, -4], [1, -2], [2, -2], [3, 4]))]),
    firings: [fires(1, 0.5), fires(3, 3)],
    working: '(-2+4)/|-4| = 0.5; 0; (4+2)/|-2| = 3.',
  },
  {
    name: 'a change relative to nothing is never met',
    automations: [
      automation(onMetrics({ change: { metric: 'loss', window: 1, prior_window: 2, amount: 0.5 } })),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, -1], [2, 100], [3, 100]))]),
    firings: [fires(3, 50.5 / 49.5)],
    working: 'step 2: p = 0, never met; step 3: p = (-1+100)/2 = 49.5, (100-49.5)/49.5 = 1.0202….',
  },
  {
    name: 'the windows of a change are compared by their greatest values when told so',
    automations: [
      automation(
        onMetrics({
          change: {
            metric: 'loss',
            aggregate: 'max',
            window: 2,
            prior_window: 3,
            change_type: 'absolute',
            amount: 1,
          },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 5], [1, 1], [2, 2], [3, 1], [4, 4], [5, 0]))]),
    firings: [fires(4, -1), fires(5, 2)],
    working: 'step 4: max(1,4)-max(5,1,2) = -1; step 5: max(4,0)-max(1,2,1) = 2.',
  },
  {
    name: 'the default change takes ten values against fifty',
    automations: [automation(onMetrics({ change: { metric: 'loss', amount: 0.5 } }))],
    arrivals: stream(
      [1, metrics(Array.from({ length: 50 }, () => ({ metrics: { loss: 2 } })))],
      [2, metrics(Array.from({ length: 9 }, () => ({ metrics: { loss: 3 } })))],
      [3, metrics(loss(3))],
    ),
    firings: [fires(59, 0.5)],
    working: '59 values are no window; at step 59 (3-2)/2 = 0.5.',
  },
  {
    name: 'a z-score is taken against the values before the newest',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 3, threshold: 2, direction: 'above' } })),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 5], [4, 4]))]),
    firings: [fires(3, 3)],
    working: 'step 3: mean(1,2,3) = 2, sd 1, z = 3; step 4: mean(2,3,5) = 10/3, sd 1.53, z = 0.44.',
  },
  {
    name: 'a z-score is met at exactly its threshold',
    automations: [automation(onMetrics({ zscore: { metric: 'loss', window: 3, threshold: 2 } }))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3], [3, 4]))]),
    firings: [fires(3, 2)],
    working: 'mean 2, sd sqrt((1+0+1)/2) = 1, z = (4-2)/1 = 2 >= 2; all of it exact in doubles.',
  },
  {
    name: 'a z-score below takes minus the threshold, and above does not',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 3, threshold: 2, direction: 'below' } }), {
        id: 'below',
      }),
      automation(onMetrics({ zscore: { metric: 'loss', window: 3, threshold: 2, direction: 'above' } }), {
        id: 'above',
      }),
    ],
    arrivals: stream([1, metrics(loss([0, 1], [1, 2], [2, 3], [3, -1]))]),
    firings: [fires(3, -3, { automation: 'below' })],
    working: '(-1-2)/1 = -3 <= -2.',
  },
  {
    name: 'a z-score against equal values is never met',
    automations: [automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 1 } }))],
    arrivals: stream([1, metrics(loss([0, 2], [1, 2], [2, 100], [3, 2]))]),
    firings: [],
    working: 'step 2: sd(2,2) = 0; step 3: mean(2,100) = 51, sd 69.3, z = -0.707.',
  },
  {
    name: 'not finite takes NaN and both infinities, and no number',
    automations: [automation(onMetrics({ not_finite: { metric: 'loss' } }))],
    arrivals: stream([1, metrics(loss([0, 1], [1, 'NaN'], [2, 'Infinity'], [3, '-Infinity'], [4, 2]))]),
    firings: [fires(1), fires(2), fires(3)],
    working: 'each non-finite value is its own step.',
  },
  {
    name: 'a window skips non-finite values',
    automations: [
      automation(
        onMetrics({
          threshold: { metric: 'loss', aggregate: 'average', window: 2, comparison: '>', value: 0 },
        }),
      ),
    ],
    arrivals: stream([1, metrics(loss([0, 2], [1, 'NaN'], [2, 4]))]),
    firings: [fires(2, 3)],
    working: 'the series is 2, 4; their average is 3.',
  },
  {
    name: 'another metric, and the same metric of another run, are other series',
    automations: [
      automation(
        onMetrics({
          threshold: { metric: 'loss', aggregate: 'average', window: 2, comparison: '>', value: 0 },
        }),
      ),
    ],
    arrivals: stream(
      [1, metrics([{ step: 0, metrics: { loss: 1, acc: 9 } }])],
      [2, metrics(loss([1, 9]), { id: 'r2' })],
      [3, metrics([{ step: 1, metrics: { loss: 3 } }])],
    ),
    firings: [fires(1, 2)],
    working: 'r1 has 1 and 3, average 2; r2 has a single value.',
  },
  {
    name: 'across runs the last values of the runs that ended are what counts',
    automations: [
      automation(
        onMetrics({
          zscore: { metric: 'loss', window: 3, threshold: 2, across: 'runs', direction: 'above' },
        }),
      ),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 9], [1, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 2]), { id: 'r3' })],
      [4, state('FAILED', { id: 'r3' })],
      [5, metrics(loss([0, 9]))],
      [6, metrics(loss([0, 3]), { id: 'r4' })],
      [7, state('PREEMPTED', { id: 'r4' })],
      [8, metrics(loss([1, 3], [2, 4]))],
    ),
    firings: [fires(2, 2)],
    working: 'at second 5 two runs had ended, not three; then 1, 2, 3: z of 3 is 1, z of 4 is 2.',
  },
  {
    name: 'across runs each run counts once, by its latest end, and only the most recent ones do',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 2, across: 'runs' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 0]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 100]), { id: 'r3' })],
      [4, state('CRASHED', { id: 'r3' })],
      [5, metrics(loss([0, 2]), { id: 'r4' })],
      [6, state('KILLED', { id: 'r4' })],
      [7, metrics(loss([1, 4]), { id: 'r2' })],
      [8, state('FINISHED', { id: 'r2' })],
      [9, metrics(loss([0, 6]))],
    ),
    firings: [fires(0, 3 / Math.SQRT2)],
    working: 'the two latest ends are r2 (4) and r4 (2): mean 3, sd sqrt 2, z = 3/1.414 = 2.121.',
  },
  {
    name: 'across runs a run is not compared with its own end',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 0.5, across: 'runs' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 3]))],
      [4, state('FINISHED')],
      [5, metrics(loss([1, 9]))],
    ),
    firings: [],
    working: 'r1 sees one other end, r2: two are wanted.',
  },
  {
    name: 'across runs a state that is no end, or of another project, gives no last value',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 0.5, across: 'runs' } }), {
        scope: TEAM,
      }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 3]), { id: 'r3' })],
      [4, state('RUNNING', { id: 'r3' })],
      [5, metrics(loss([0, 3]), { id: 'r4', project: 'q' })],
      [6, state('FINISHED', { id: 'r4', project: 'q' })],
      [7, metrics(loss([0, 9]))],
    ),
    firings: [],
    working: 'only r2 ended in red/p.',
  },
  {
    name: 'an end of an older attempt is no end',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 0.5, across: 'runs' } })),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 3]), { id: 'r3' })],
      [4, state('RUNNING', { id: 'r3', attempt: 1 })],
      [5, state('FAILED', { id: 'r3', attempt: 0 })],
      [6, metrics(loss([0, 9]))],
      [7, state('FAILED', { id: 'r3', attempt: 1 })],
      [8, metrics(loss([1, 9]))],
    ),
    firings: [fires(1, 7 / Math.SQRT2)],
    working: 'at second 6 only r2 has ended; then 1 and 3: mean 2, sd sqrt 2, z = 7/1.414.',
  },
  {
    name: 'ends that came before the save count when another automation across runs watched',
    automations: [
      automation(onMetrics({ zscore: { metric: 'loss', window: 20, threshold: 3, across: 'runs' } }, EVERY), {
        id: 'old',
      }),
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 3, across: 'runs' } }, EVERY), {
        id: 'new',
        saved: 5,
        scope: PROJECT,
      }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 3]), { id: 'r3' })],
      [4, state('FINISHED', { id: 'r3' })],
      [6, metrics(loss([0, 2], [1, 9]))],
    ),
    firings: [fires(1, 7 / Math.SQRT2, { automation: 'new' })],
    working: 'ends 1 and 3: z of 2 is 0, z of 9 is 7/1.414; the older automation wants twenty ends.',
  },
  {
    name: 'ends that came while nobody watched across runs are not remembered',
    automations: [
      automation(onMetrics({ threshold: { metric: 'loss', comparison: '>', value: 100 } }), { id: 'plain' }),
      automation(onMetrics({ zscore: { metric: 'loss', window: 2, threshold: 3, across: 'runs' } }), {
        saved: 5,
      }),
    ],
    arrivals: stream(
      [1, metrics(loss([0, 1]), { id: 'r2' })],
      [2, state('FINISHED', { id: 'r2' })],
      [3, metrics(loss([0, 3]), { id: 'r3' })],
      [6, state('FINISHED', { id: 'r3' })],
      [7, metrics(loss([0, 9]))],
    ),
    firings: [],
    working: 'only r3 ended after the save: one of two.',
  },
];
