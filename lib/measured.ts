import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { FunctionName } from './function-sizes.ts';
import { tableIndexes } from './table-indexes.ts';
import type { WorkQueue } from './work-queue.ts';

/** The parts of a deployment that alarms and the dashboard look at. */
export interface Measured {
  readonly events: WorkQueue;
  readonly deliveries: WorkQueue;
  readonly tableName: string;
  /** The deployed names of all functions. */
  readonly functions: readonly string[];
  /** The deployed name of one. */
  readonly functionNamed: (name: FunctionName) => string;
  readonly hasCanary: boolean;
}

const metric = (
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  options: MetricOptions,
) => new Metric({ namespace, metricName, dimensionsMap, ...options });

/** Every metric that is looked at, by where it comes from. Periods are in minutes. */
export const measure = {
  /** From the lines of our functions (lambdas/shared/metrics.ts). */
  own: (FunctionName: string, name: string, minutes = 5, statistic: string = Stats.SUM) =>
    metric('Signalbox', name, { FunctionName }, { period: Duration.minutes(minutes), statistic }),
  queue: (QueueName: string, name: string, minutes = 1) =>
    metric('AWS/SQS', name, { QueueName }, { period: Duration.minutes(minutes), statistic: Stats.MAXIMUM }),
  lambda: (FunctionName: string, name: string, minutes = 5, statistic: string = Stats.SUM) =>
    metric('AWS/Lambda', name, { FunctionName }, { period: Duration.minutes(minutes), statistic }),
  /** What DynamoDB counts for a table leaves out its indexes; theirs it counts for each by itself. */
  table: (TableName: string, name: string, index?: string) =>
    metric(
      'AWS/DynamoDB',
      name,
      { TableName, ...(index !== undefined && { GlobalSecondaryIndexName: index }) },
      { period: Duration.minutes(5), statistic: Stats.SUM },
    ),
};

/** The throttles of a table and of its indexes, reads and writes. */
export function throttlesOf(tableName: string): Metric[] {
  return [undefined, ...Object.keys(tableIndexes)].flatMap((index) =>
    ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => measure.table(tableName, name, index)),
  );
}
