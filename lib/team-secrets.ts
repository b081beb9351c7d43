import { Aws, Validations } from 'aws-cdk-lib/core';
import type { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';

/** Every team secret's name starts with this; the slash keeps stages apart whose names begin alike. */
export function teamSecretPrefix(settings: Settings): string {
  return `signalbox/${settings.stage}/team/`;
}

/** Grants exactly these actions on the team secrets of this stage. */
export function allowOnTeamSecrets(subject: LambdaFunction, settings: Settings, actions: string[]): void {
  const secrets = `secret:${teamSecretPrefix(settings)}*`;
  subject.allow(actions, `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:${secrets}`);
  Validations.of(subject).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:${secrets}]`,
    reason: 'Teams make their secrets at run time, so only the prefix of their names is known here.',
  });
}
