import { join } from 'node:path';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as Lambda,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type FunctionName, functionSizes } from './function-sizes.ts';
import { dataRemovalPolicy, logRetention } from './retention.ts';
import type { Settings } from './settings.ts';
import type { WorkQueue } from './work-queue.ts';

const batchSize = 10;
// A ceiling on the mapping, not reserved concurrency: that would throttle polled messages into the DLQ.
const maxConcurrency = 50;

export interface LambdaFunctionProps {
  readonly settings: Settings;
  readonly name: FunctionName;
  /** One sentence for the one who finds the function in the AWS console. */
  readonly description: string;
  readonly environment: Record<string, string>;
  /** Whether it puts messages into the queue that feeds it. */
  readonly feedsItself?: boolean;
}

/** The one way to make a function here: Node.js 24 on arm64, its own role and log group, no right but those it is given. */
export class LambdaFunction extends Construct {
  readonly lambda: Lambda;
  readonly name: FunctionName;

  constructor(scope: Construct, id: string, props: LambdaFunctionProps) {
    super(scope, id);
    const { settings, name, description, environment, feedsItself = false } = props;
    this.name = name;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logRetention(settings),
      removalPolicy: dataRemovalPolicy(settings),
    });
    this.lambda = new Lambda(this, 'Function', {
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(settings.functionsFolder, name), { exclude: ['*.map'] }),
      timeout: Duration.seconds(functionSizes[name].timeoutSeconds),
      memorySize: functionSizes[name].memoryMb,
      environment,
      // Lambda would end what it takes for a loop without an end: it counts invocations, whose batches mix messages.
      ...(feedsItself && { recursiveLoop: RecursiveLoop.ALLOW }),
      logGroup,
      // Lambda's own lines for every invocation would cost as much as ours; time-outs and crashes are warnings.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      role: new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
  }

  /** Grants exactly these actions on exactly these resources. */
  allow(actions: string[], ...resources: string[]): void {
    this.lambda.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }

  /** Grants these actions under conditions. */
  allowIf(
    conditions: Record<string, Record<string, string | string[]>>,
    actions: string[],
    resource: string,
  ): void {
    this.lambda.addToRolePolicy(new PolicyStatement({ actions, resources: [resource], conditions }));
  }

  /** Lets the function put messages on the queue. */
  sendTo(queue: WorkQueue): void {
    this.allow(['sqs:SendMessage'], queue.arn);
  }

  /** Feeds the queue to the function in batches; only the messages it reports as failed come back. */
  consume(queue: WorkQueue): void {
    this.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      queue.arn,
    );
    new EventSourceMapping(this, 'Messages', {
      target: this.lambda,
      eventSourceArn: queue.arn,
      batchSize,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
