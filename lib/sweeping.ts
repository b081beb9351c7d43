import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { SweeperEnv } from '../lambdas/sweeper/env.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import type { WorkQueue } from './work-queue.ts';

const interval = Duration.minutes(1);

export interface SweepingProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly events: WorkQueue;
  readonly deliveries: WorkQueue;
}

/** The retry clock and repair crew: once a minute, what is due is sent again, and dead letters are taken back. */
export class Sweeping extends Construct {
  constructor(scope: Construct, id: string, { settings, table, events, deliveries }: SweepingProps) {
    super(scope, id);
    const sweeper = new LambdaFunction(this, 'Sweeper', {
      settings,
      name: 'sweeper',
      description: 'Sends again what is due, once a minute.',
      environment: {
        TABLE_NAME: table.name,
        HISTORY_DAYS: String(settings.historyDays),
        DELIVERIES_QUEUE_URL: deliveries.url,
        DELIVERIES_DEAD_LETTERS_URL: deliveries.deadLettersUrl,
        EVENTS_QUEUE_URL: events.url,
        EVENTS_DEAD_LETTERS_URL: events.deadLettersUrl,
      } satisfies SweeperEnv,
    });
    sweeper.allow(
      [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ],
      table.arn,
    );
    sweeper.allow(['dynamodb:Query'], table.indexArn('due'), table.indexArn('by-automation'));
    sweeper.sendTo(deliveries);
    sweeper.sendTo(events);
    sweeper.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
      events.deadLettersArn,
      deliveries.deadLettersArn,
    );
    // The next minute is the retry: after an outage the sweeps that were missed must not all come at once.
    sweeper.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: interval });
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(interval),
      targets: [new LambdaTarget(sweeper.lambda, { retryAttempts: 0, maxEventAge: interval })],
    });
  }
}
