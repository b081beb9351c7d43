import type { StageLine } from '../../lambdas/shared/log.ts';
import { metricFields } from '../../lambdas/shared/metrics.ts';

const fields = (line: StageLine) => metricFields(line, 'matcher-1', 1_700_000_000_000);
const values = (line: StageLine) => {
  const { _aws, FunctionName: _, ...metrics } = fields(line);
  return metrics;
};

test('a line carries its metrics in the embedded metric format', () => {
  const line = { stage: 'event.matched', events: 3, firedCount: 1, lagMs: 42 } as const;
  expect(fields(line)).toEqual({
    FunctionName: 'matcher-1',
    EventsMatched: 3,
    Fired: 1,
    MatchingLag: 42,
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: 'Signalbox',
          Dimensions: [['FunctionName']],
          Metrics: [
            { Name: 'EventsMatched', Unit: 'Count' },
            { Name: 'Fired', Unit: 'Count' },
            { Name: 'MatchingLag', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
  });
});

test.each<[string, StageLine, Record<string, number>]>([
  [
    'what ingest refused',
    { stage: 'event.received', events: 2, refused: 1, points: 9 },
    { EventsRefused: 1 },
  ],
  [
    'late points, latches and the cache',
    { stage: 'event.matched', events: 1, late: 2, heldBack: 3, cacheHits: 4, cacheMisses: 5, lagMs: 6 },
    { EventsMatched: 1, LatePoints: 2, HeldBack: 3, CacheHits: 4, CacheMisses: 5, MatchingLag: 6 },
  ],
  [
    'an attempt that arrived',
    { stage: 'delivery.attempted', status: 'delivered', outcome: 'delivered', lagMs: 7 },
    { Delivered: 1, DeliveryLag: 7 },
  ],
  [
    'one that will be tried again',
    { stage: 'delivery.attempted', status: 'pending', outcome: 'failed', lagMs: 7 },
    { Retried: 1, DeliveryLag: 7 },
  ],
  [
    'one that was refused for good',
    { stage: 'delivery.attempted', status: 'failed', outcome: 'refused', lagMs: 7 },
    { Failed: 1, Refused: 1, DeliveryLag: 7 },
  ],
  ['a skip', { stage: 'delivery.skipped', status: 'skipped' }, { Skipped: 1 }],
  ['an end without an attempt', { stage: 'delivery.skipped', status: 'failed' }, { Failed: 1 }],
  ['a throttled call', { stage: 'table.throttled', operation: 'GetItem', reasons: [] }, { Throttled: 1 }],
  ['an error', { stage: 'error', message: 'x' }, { Errors: 1 }],
  ['a message put away', { stage: 'error', message: 'x', buried: true }, { Errors: 1, Buried: 1 }],
  ['a sweep', { stage: 'sweep.done', deliveries: 0, failed: 1 }, { Sweeps: 1, SweepFailures: 1 }],
])('%s', (_, line, metrics) => {
  expect(values(line)).toEqual(metrics);
});

test('what is zero, missing or no number is no metric, and a line without any stays as it is', () => {
  expect(values({ stage: 'event.received', events: 0, refused: '3' })).toEqual({});
  expect(fields({ stage: 'event.received', events: 0 })).toEqual({});
  expect(fields({ stage: 'change.saved' })).toEqual({});
  expect(fields({ stage: 'delivery.skipped', reason: 'done, leased or not due' })).toEqual({});
});
