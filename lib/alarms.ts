import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Measured, measure, throttlesOf } from './measured.ts';
import type { WorkQueue } from './work-queue.ts';

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = ComparisonOperator;

interface AlarmRow {
  /** What is wrong, and what follows; the on-call person reads it first. */
  says: string;
  metric: (parts: Measured) => IMetric;
  /** In the metric's unit: from here on it is wrong, or with `below`, under it. */
  threshold: number;
  below?: true;
  /** So many periods in a row, of the metric's length. */
  periods: number;
  /** Silence is what is wrong. */
  silenceIsWrong?: true;
}

/** How many attempts in a quarter of an hour say something about a deployment, and not about one endpoint. */
const MANY_ATTEMPTS = 20;

const delivered = 'FILL(delivered, 0)';
const attempted = `(${delivered} + FILL(failed, 0) + FILL(retried, 0))`;

/** Every alarm, by its name. docs/operator-runbook.md has a heading for each, and a test holds it to that. */
const alarmRows = {
  'events-dead-letters': {
    says: 'Events lie in the dead-letter queue for longer than an outage explains: they are not matched.',
    metric: ({ events }) => deadLettersOf(events),
    threshold: 1,
    periods: 6,
  },
  'deliveries-dead-letters': {
    says: 'The dispatcher failed again and again over a message. Its delivery is sent again by the sweeper.',
    metric: ({ deliveries }) => deadLettersOf(deliveries),
    threshold: 1,
    periods: 1,
  },
  'events-queue-age': {
    says: 'Events wait for longer than five minutes to be matched: automations fire late.',
    metric: ({ events }) => measure.queue(events.name, 'ApproximateAgeOfOldestMessage', 1),
    threshold: 300,
    periods: 5,
  },
  'deliveries-queue-age': {
    says: 'Deliveries wait for longer than ten minutes for their attempt.',
    metric: ({ deliveries }) => measure.queue(deliveries.name, 'ApproximateAgeOfOldestMessage', 1),
    threshold: 600,
    periods: 5,
  },
  'function-crashes': {
    says: 'A function timed out, crashed or could not start.',
    metric: ({ functions }) => sumOver(functions.map((name) => measure.lambda(name, 'Errors', 5))),
    threshold: 1,
    periods: 1,
  },
  'function-throttles': {
    says: 'Lambda refuses to run a function: the concurrency of the account is used up.',
    metric: ({ functions }) => sumOver(functions.map((name) => measure.lambda(name, 'Throttles', 5))),
    threshold: 1,
    periods: 3,
  },
  'errors-logged': {
    says: 'Functions log errors: requests are answered with 500, or messages come back to be tried again.',
    metric: ({ functions }) => sumOver(functions.map((name) => measure.own(name, 'Errors', 5))),
    threshold: 5,
    periods: 2,
  },
  'messages-buried': {
    says: 'A message could never be worked on and was put away as a dead record, with the reason.',
    metric: ({ functionNamed }) => measure.own(functionNamed('matcher'), 'Buried', 5),
    threshold: 1,
    periods: 1,
  },
  'table-throttles': {
    says: 'DynamoDB throttles the table or an index of it: everything goes slower, and nothing is lost.',
    metric: ({ tableName }) => sumOver(throttlesOf(tableName)),
    threshold: 1,
    periods: 3,
  },
  'sweeper-silent': {
    says: 'No sweep has ended for ten minutes: retries do not go out and silent runs are not noticed.',
    metric: ({ functionNamed }) => measure.own(functionNamed('sweeper'), 'Sweeps', 5),
    threshold: 1,
    below: true,
    periods: 2,
    silenceIsWrong: true,
  },
  'deliveries-failing': {
    says: 'Less than half of the attempts at deliveries arrive, over all integrations.',
    metric: ({ functionNamed }) =>
      new MathExpression({
        expression: `IF(${attempted} >= ${MANY_ATTEMPTS}, 100 * ${delivered} / ${attempted}, 100)`,
        usingMetrics: Object.fromEntries(
          ['Delivered', 'Failed', 'Retried'].map((name) => [
            name.toLowerCase(),
            measure.own(functionNamed('dispatcher'), name, 15),
          ]),
        ),
        label: 'attempts that arrive, %',
        period: Duration.minutes(15),
      }),
    threshold: 50,
    below: true,
    periods: 2,
  },
} as const satisfies Record<string, AlarmRow>;

/** The alarm of the canary, where there is one. */
const canaryAlarm = {
  says: 'An event that should have fired went through the whole chain and did not.',
  metric: ({ functionNamed }) => measure.own(functionNamed('canary'), 'CanaryPassed', 15),
  threshold: 1,
  below: true,
  periods: 1,
  silenceIsWrong: true,
} satisfies AlarmRow;

const RUNBOOK = 'docs/operator-runbook.md';

/** Makes an alarm of each row; its description ends with where the runbook says what to do. */
export function makeAlarms(scope: Construct, prefix: string, parts: Measured): Alarm[] {
  const rows: Record<string, AlarmRow> = { ...alarmRows, ...(parts.hasCanary && { canary: canaryAlarm }) };
  return Object.entries(rows).map(([name, row]) => makeAlarm(scope, { name, prefix, row, parts }));
}

function makeAlarm(
  scope: Construct,
  { name, prefix, row, parts }: { name: string; prefix: string; row: AlarmRow; parts: Measured },
): Alarm {
  const { says, threshold, periods, below, silenceIsWrong } = row;
  return new Alarm(scope, name, {
    alarmName: `${prefix}-${name}`,
    alarmDescription: `${says} What to do: ${RUNBOOK}#${name}`,
    metric: row.metric(parts),
    threshold,
    evaluationPeriods: periods,
    comparisonOperator: below ? LESS_THAN_THRESHOLD : GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: silenceIsWrong ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
}

/** Those in flight as well: what stays is looked at by each sweep, and hidden for half of the minute after it. */
function deadLettersOf({ deadLettersName }: WorkQueue): MathExpression {
  const states = ['ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible'];
  return sumOver(states.map((name) => measure.queue(deadLettersName, name, 5)));
}

function sumOver(metrics: readonly Metric[]): MathExpression {
  const named = metrics.map((metric, at) => [`m${at}`, metric] as const);
  const [first] = metrics;
  return new MathExpression({
    expression: named.map(([id]) => `FILL(${id}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(named),
    ...(first && { period: first.period }),
  });
}
