import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CanaryEnv } from '../lambdas/canary/env.ts';
import type { AdminKey } from './admin-key.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';

const interval = Duration.minutes(5);

export interface CanaryProps {
  readonly settings: Settings;
  readonly adminKey: AdminKey;
  readonly apiUrl: string;
}

/** Every five minutes an event that must fire goes in by the API; that it did is a metric, and that it didn't an alarm. */
export class Canary extends Construct {
  constructor(scope: Construct, id: string, { settings, adminKey, apiUrl }: CanaryProps) {
    super(scope, id);
    const canary = new LambdaFunction(this, 'Canary', {
      settings,
      name: 'canary',
      description: 'Sends an event through the whole chain and waits for its delivery.',
      environment: { API_URL: apiUrl, ADMIN_KEY_SECRET_ID: adminKey.secretId } satisfies CanaryEnv,
    });
    adminKey.readableBy(canary);
    canary.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: interval });
    new Rule(this, 'EveryFiveMinutes', {
      schedule: Schedule.rate(interval),
      targets: [new LambdaTarget(canary.lambda, { retryAttempts: 0, maxEventAge: interval })],
    });
  }
}
