import { describeCondition, describeMeasured } from '../../core/condition-text.ts';
import { conditionOf, type MetricsTrigger } from '../../core/trigger.ts';
import { onMetrics } from '../support/builders.ts';

const parsed = (condition: object) => conditionOf(onMetrics(condition) as MetricsTrigger);
const textOf = (condition: object) => describeCondition(parsed(condition));

test.each<[string, object]>([
  ['loss < 0.5', { threshold: { metric: 'loss', comparison: '<', value: 0.5 } }],
  [
    'average(loss, 5) >= -1e-7',
    { threshold: { metric: 'loss', aggregate: 'average', window: 5, comparison: '>=', value: -1e-7 } },
  ],
  ['loss between 1 and 2', { threshold: { metric: 'loss', comparison: 'between', values: [1, 2] } }],
  [
    'max(loss, 3) outside 0 and 0',
    { threshold: { metric: 'loss', aggregate: 'max', window: 3, comparison: 'outside', values: [0, 0] } },
  ],
  [
    'average(loss, 10) changes by at least 7 % from the 50 values before',
    { change: { metric: 'loss', amount: 0.07 } },
  ],
  [
    'min(loss, 1) increases by at least 2.5 from the 3 values before',
    {
      change: {
        metric: 'loss',
        aggregate: 'min',
        window: 1,
        prior_window: 3,
        change_type: 'absolute',
        direction: 'increase',
        amount: 2.5,
      },
    },
  ],
  [
    'max(loss, 2) decreases by at least 150 % from the 3 values before',
    {
      change: {
        metric: 'loss',
        aggregate: 'max',
        window: 2,
        prior_window: 3,
        direction: 'decrease',
        amount: 1.5,
      },
    },
  ],
  ['|zscore(loss) against the 30 values before| >= 3', { zscore: { metric: 'loss' } }],
  [
    'zscore(loss) against the 5 values before >= 2',
    { zscore: { metric: 'loss', window: 5, threshold: 2, direction: 'above' } },
  ],
  [
    'zscore(loss) against the last 30 runs <= -3',
    { zscore: { metric: 'loss', direction: 'below', across: 'runs' } },
  ],
  ['train/loss is NaN or infinite', { not_finite: { metric: 'train/loss' } }],
])('a condition reads as: %s', (text, condition) => {
  expect(textOf(condition)).toBe(text);
});

test.each<['relative' | 'absolute', number, string]>([
  ['relative', 0.07, '+7 %'],
  ['relative', -0.5, '-50 %'],
  ['relative', 0, '0 %'],
  ['absolute', 2.5, '+2.5'],
  ['absolute', -0.5, '-0.5'],
  ['absolute', 0, '0'],
])('a %s change of %d reads as %s', (changeType, value, text) => {
  const change = { metric: 'loss', window: 2, change_type: changeType, amount: 1 };
  expect(describeMeasured(parsed({ change }), value)).toBe(`average(loss, 2) changed by ${text}`);
});
