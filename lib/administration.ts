import { Construct } from 'constructs';
import type { AdminEnv } from '../lambdas/admin/env.ts';
import type { AdminKey } from './admin-key.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import { allowOnTeamSecrets, teamSecretPrefix } from './team-secrets.ts';
import type { WorkQueue } from './work-queue.ts';

export interface AdministrationProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly adminKey: AdminKey;
  /** Takes the test calls of integrations. */
  readonly deliveries: WorkQueue;
}

/** The API behind teams, automations, integrations and history; it writes team secrets and can never read one. */
export class Administration extends Construct {
  readonly admin: LambdaFunction;

  constructor(scope: Construct, id: string, props: AdministrationProps) {
    super(scope, id);
    const { settings, table, adminKey, deliveries } = props;
    this.admin = new LambdaFunction(this, 'Admin', {
      settings,
      name: 'admin',
      description: 'Answers the REST API: teams, keys, integrations, automations, secrets and history.',
      environment: {
        TABLE_NAME: table.name,
        HISTORY_DAYS: String(settings.historyDays),
        ADMIN_KEY_SECRET_ID: adminKey.secretId,
        SECRET_NAME_PREFIX: teamSecretPrefix(settings),
        DELIVERIES_QUEUE_URL: deliveries.url,
        ALLOWED_ADDRESSES: settings.allowedAddresses.join(','),
      } satisfies AdminEnv,
    });
    this.admin.allow(
      [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ],
      table.arn,
    );
    this.admin.allow(
      ['dynamodb:Query'],
      table.arn,
      table.indexArn('by-team'),
      table.indexArn('by-automation'),
    );
    allowOnTeamSecrets(this.admin, settings, [
      'secretsmanager:CreateSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:DeleteSecret',
    ]);
    this.admin.sendTo(deliveries);
    adminKey.readableBy(this.admin);
  }
}
