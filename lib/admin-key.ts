import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { LambdaFunction } from './lambda-function.ts';
import { dataRemovalPolicy } from './retention.ts';
import type { Settings } from './settings.ts';

/** The first admin key, which CloudFormation generates: the secret's value is the key itself. */
export class AdminKey extends Construct {
  readonly #secret: Secret;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.#secret = new Secret(this, 'Secret', {
      description: 'The first admin key of Signalbox. Make keys of your own with it.',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      removalPolicy: dataRemovalPolicy(settings),
    });
    Validations.of(this.#secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A key that rotates by itself would lock out the operator who holds it.',
    });
  }

  /** What functions and the stack's output call the secret by. */
  get secretId(): string {
    return this.#secret.secretArn;
  }

  /** Lets the function compare a caller's key with this one. */
  readableBy(reader: LambdaFunction): void {
    reader.allow(['secretsmanager:GetSecretValue'], this.#secret.secretArn);
  }
}
