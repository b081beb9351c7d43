import { Construct } from 'constructs';
import type { DispatcherEnv } from '../lambdas/dispatcher/env.ts';
import { LambdaFunction } from './lambda-function.ts';
import { joinNetwork } from './private-network.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import { allowOnTeamSecrets } from './team-secrets.ts';
import { WorkQueue } from './work-queue.ts';

export interface DeliveryProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
}

/** Sends what fired: the deliveries queue, fair between integrations, and the only function that reads team secrets. */
export class Delivery extends Construct {
  readonly deliveries: WorkQueue;

  constructor(scope: Construct, id: string, { settings, table }: DeliveryProps) {
    super(scope, id);
    this.deliveries = new WorkQueue(this, 'Deliveries', { consumer: 'dispatcher' });
    const dispatcher = new LambdaFunction(this, 'Dispatcher', {
      settings,
      name: 'dispatcher',
      description: 'Sends webhooks and records each attempt.',
      feedsItself: true,
      environment: {
        TABLE_NAME: table.name,
        HISTORY_DAYS: String(settings.historyDays),
        DELIVERIES_QUEUE_URL: this.deliveries.url,
        ALLOWED_ADDRESSES: settings.allowedAddresses.join(','),
        SLACK_API_URL: settings.slackApiUrl,
      } satisfies DispatcherEnv,
    });
    dispatcher.allow(
      [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      table.arn,
    );
    allowOnTeamSecrets(dispatcher, settings, ['secretsmanager:GetSecretValue']);
    joinNetwork(dispatcher, settings);
    dispatcher.sendTo(this.deliveries);
    dispatcher.consume(this.deliveries);
  }
}
