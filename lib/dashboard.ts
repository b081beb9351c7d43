import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { FunctionName } from './function-sizes.ts';
import { type Measured, measure, throttlesOf } from './measured.ts';

/** One page that follows an event from the left to the right, with the alarms on top. */
export function makeDashboard(scope: Construct, name: string, parts: Measured, alarms: Alarm[]): void {
  const widgets = [...graphs(parts)].map(([title, left]) => new GraphWidget({ title, left, width: 8 }));
  new CloudWatchDashboard(scope, 'Dashboard', {
    dashboardName: name,
    widgets: [[new AlarmStatusWidget({ title: 'Alarms', alarms, width: 24 })], ...inRows(widgets)],
  });
}

function graphs({
  events,
  deliveries,
  functions,
  functionNamed,
  tableName,
}: Measured): [string, IMetric[]][] {
  const own = (of: FunctionName, ...names: string[]) =>
    names.map((name) => measure.own(functionNamed(of), name));
  const lag = (of: FunctionName, name: string) =>
    ['p50', 'p99'].map((statistic) =>
      measure.own(functionNamed(of), name, 5, statistic).with({ label: `${name} ${statistic}` }),
    );
  const ofAll = (name: string) => functions.map((each) => measure.lambda(each, name));
  return [
    ['Requests with events', [measure.lambda(functionNamed('ingest'), 'Invocations')]],
    [
      'Events: matched, refused at the door, fired',
      [
        ...own('matcher', 'EventsMatched', 'Fired', 'HeldBack', 'LatePoints'),
        ...own('ingest', 'EventsRefused'),
      ],
    ],
    ['Attempts', own('dispatcher', 'Delivered', 'Retried', 'Refused', 'Failed', 'Skipped', 'Waited')],
    ['From receipt to matched, ms', lag('matcher', 'MatchingLag')],
    ['From receipt to an attempt’s end, ms', lag('dispatcher', 'DeliveryLag')],
    ['Automations in memory', own('matcher', 'CacheHits', 'CacheMisses')],
    [
      'Age of the oldest message, s',
      [events, deliveries].map(({ name }) => measure.queue(name, 'ApproximateAgeOfOldestMessage')),
    ],
    [
      'Dead letters',
      [events, deliveries].map(({ deadLettersName }) =>
        measure.queue(deadLettersName, 'ApproximateNumberOfMessagesVisible'),
      ),
    ],
    [
      'Sweeper',
      own('sweeper', 'Sweeps', 'SweptDeliveries', 'SweepFailures', 'EventsRedriven', 'DeliveriesCleared'),
    ],
    ['Functions: crashes and time-outs', ofAll('Errors')],
    ['Functions: throttles', ofAll('Throttles')],
    ['Functions: errors logged', functions.map((each) => measure.own(each, 'Errors'))],
    ['Table: throttles', throttlesOf(tableName)],
    ['Functions: calls that the table throttled', functions.map((each) => measure.own(each, 'Throttled'))],
    ['Integrations disabled', own('dispatcher', 'IntegrationsDisabled')],
    ['Messages put away', own('matcher', 'Buried')],
  ];
}

const PER_ROW = 3;

function inRows(widgets: IWidget[]): IWidget[][] {
  const rows = Math.ceil(widgets.length / PER_ROW);
  return Array.from({ length: rows }, (_, row) => widgets.slice(row * PER_ROW, (row + 1) * PER_ROW));
}
