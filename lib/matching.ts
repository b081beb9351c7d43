import { Construct } from 'constructs';
import type { MatcherEnv } from '../lambdas/matcher/env.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import type { WorkQueue } from './work-queue.ts';

export interface MatchingProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly events: WorkQueue;
  readonly deliveries: WorkQueue;
}

/** Decides which automations an event fires: from the events queue to the deliveries queue. */
export class Matching extends Construct {
  constructor(scope: Construct, id: string, { settings, table, events, deliveries }: MatchingProps) {
    super(scope, id);
    const matcher = new LambdaFunction(this, 'Matcher', {
      settings,
      name: 'matcher',
      description: 'Matches events against automations and queues the deliveries that they fire.',
      environment: {
        TABLE_NAME: table.name,
        HISTORY_DAYS: String(settings.historyDays),
        DELIVERIES_QUEUE_URL: deliveries.url,
      } satisfies MatcherEnv,
    });
    matcher.allow(
      [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      table.arn,
    );
    matcher.sendTo(deliveries);
    matcher.consume(events);
  }
}
