import type { StageLine } from './log.ts';

/** A metric in CloudWatch that a stage's line carries: `of` reads it from the line, undefined for a line without it. */
interface StageMetric {
  name: string;
  unit: 'Count' | 'Milliseconds';
  of: (line: StageLine) => unknown;
}

const count = (name: string, of: StageMetric['of'] = () => 1): StageMetric => ({ name, unit: 'Count', of });
const time = (name: string, field: string): StageMetric => ({
  name,
  unit: 'Milliseconds',
  of: (line) => line[field],
});
/** One for each line whose field has this value. */
const countIf = (name: string, field: string, value: unknown) =>
  count(name, (line) => (line[field] === value ? 1 : undefined));

/** What each stage measures. docs/operator-runbook.md explains them, and lib/alarms.ts watches some. */
const stageMetrics: { readonly [Stage in StageLine['stage']]?: readonly StageMetric[] } = {
  // Of what was taken no metric: where a request carries one event, that alone would cost a twentieth of the event.
  'event.received': [count('EventsRefused', ({ refused }) => refused)],
  'event.matched': [
    count('EventsMatched', ({ events }) => events),
    count('Fired', ({ firedCount }) => firedCount),
    count('HeldBack', ({ heldBack }) => heldBack),
    count('LatePoints', ({ late }) => late),
    count('CacheHits', ({ cacheHits }) => cacheHits),
    count('CacheMisses', ({ cacheMisses }) => cacheMisses),
    time('MatchingLag', 'lagMs'),
  ],
  'delivery.attempted': [
    countIf('Delivered', 'status', 'delivered'),
    countIf('Failed', 'status', 'failed'),
    countIf('Refused', 'outcome', 'refused'),
    countIf('Retried', 'status', 'pending'),
    time('DeliveryLag', 'lagMs'),
  ],
  'delivery.skipped': [countIf('Skipped', 'status', 'skipped'), countIf('Failed', 'status', 'failed')],
  'delivery.waiting': [count('Waited')],
  'integration.disabled': [count('IntegrationsDisabled')],
  'sweep.done': [
    count('Sweeps'),
    count('SweptDeliveries', ({ deliveries }) => deliveries),
    count('SweepFailures', ({ failed }) => failed),
  ],
  'events.redriven': [count('EventsRedriven', ({ messages }) => messages)],
  'deliveries.cleared': [count('DeliveriesCleared', ({ messages }) => messages)],
  'canary.passed': [count('CanaryPassed'), time('CanaryLag', 'lagMs')],
  'canary.failed': [count('CanaryFailed')],
  'table.throttled': [count('Throttled')],
  error: [count('Errors'), countIf('Buried', 'buried', true)],
};

/** Where all of these metrics are in CloudWatch; each has one dimension, the name of its function. */
const METRIC_NAMESPACE = 'Signalbox';

/**
 * A line's metrics as further fields of it, in CloudWatch's embedded metric format: the log is the metric's only
 * carrier, and no call is made. What is zero is left out, since every byte of a log is paid for; a stage without
 * metrics has no fields.
 */
export function metricFields(line: StageLine, functionName: string, nowMs: number): Record<string, unknown> {
  const values = (stageMetrics[line.stage] ?? []).map(({ name, unit, of }) => ({
    name,
    unit,
    value: of(line),
  }));
  const told = values.filter(({ value }) => typeof value === 'number' && value > 0);
  if (told.length === 0) return {};
  const Metrics = told.map(({ name, unit }) => ({ Name: name, Unit: unit }));
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [['FunctionName']], Metrics };
  return {
    FunctionName: functionName,
    ...Object.fromEntries(told.map(({ name, value }) => [name, value])),
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] },
  };
}
