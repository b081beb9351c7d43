import { Aws, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { alarmActions } from './alarm-topic.ts';
import { makeAlarms } from './alarms.ts';
import { makeDashboard } from './dashboard.ts';
import type { FunctionName } from './function-sizes.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Measured } from './measured.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import type { WorkQueue } from './work-queue.ts';

export interface MonitoringProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly events: WorkQueue;
  readonly deliveries: WorkQueue;
}

/** What wakes somebody, and what they look at then: alarms and a dashboard over every function of the stack. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, { settings, table, events, deliveries }: MonitoringProps) {
    super(scope, id);
    const functions = Stack.of(this)
      .node.findAll()
      .filter((construct) => construct instanceof LambdaFunction);
    const parts: Measured = {
      events,
      deliveries,
      tableName: table.name,
      functions: functions.map(({ lambda }) => lambda.functionName),
      functionNamed: (wanted: FunctionName) =>
        functions.find(({ name }) => name === wanted)?.lambda.functionName ?? '',
      hasCanary: settings.canary,
    };
    const alarms = makeAlarms(this, `signalbox-${settings.stage}`, parts);
    for (const action of alarmActions(this, settings))
      for (const alarm of alarms) alarm.addAlarmAction(action);
    // A dashboard is seen from every region, and so is its name.
    makeDashboard(this, `Signalbox-${settings.stage}-${Aws.REGION}`, parts, alarms);
  }
}
