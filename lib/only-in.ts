import { Aws, CfnRule, Fn } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** Has CloudFormation refuse another region before it makes anything: here nobody knows yet which one it will be. */
export function onlyIn(scope: Construct, region: string, assertDescription: string): void {
  const assert = Fn.conditionEquals(Aws.REGION, region);
  new CfnRule(scope, 'Region', { assertions: [{ assert, assertDescription }] });
}

/** The region that an ARN names. */
export function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
