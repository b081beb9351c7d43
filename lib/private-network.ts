import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Aws, Validations } from 'aws-cdk-lib/core';
import type { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';

// Lambda makes the interfaces of a function in a network with the function's own role. AWS gives the first no
// resource, and the others break where one names less than all: docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
const looking = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
const making = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** Puts a function into the subnets of the settings, if there are any, so that it reaches their private addresses. */
export function joinNetwork(subject: LambdaFunction, settings: Settings): void {
  const { subnetIds, securityGroupIds, allowedAddresses } = settings;
  if (subnetIds.length === 0) return;
  const { lambda } = subject;
  const ipv6AllowedForDualStack = allowedAddresses.some((range) => range.includes(':'));
  (lambda.node.defaultChild as CfnFunction).vpcConfig = {
    subnetIds,
    securityGroupIds,
    ipv6AllowedForDualStack,
  };
  subject.allow(looking, '*');
  subject.allow(making, `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:*/*`);
  acknowledgeStars(subject);
  // A policy of its own, because it names the function, which waits for the other one.
  const denied = new Policy(subject, 'NotByItsCode', {
    statements: [
      PolicyStatement.fromJson({
        Effect: 'Deny',
        Action: [...looking, ...making],
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': lambda.functionArn } },
      }),
    ],
  });
  if (lambda.role) denied.attachToRole(lambda.role);
}

function acknowledgeStars(subject: LambdaFunction): void {
  const reason =
    'Lambda itself makes network interfaces with this role; its code is denied the same actions beside it.';
  const all = 'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*';
  for (const resource of ['*', all]) {
    Validations.of(subject).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}
