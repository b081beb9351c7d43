import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteFunctionConcurrencyCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import type { Cloud } from '../support/ministack.ts';
import { clientOptions, type Deployment } from './deployment.ts';

/*
 * What Lambda itself counts of a function, as CloudWatch gives it. Asked in CloudWatch's query protocol: a client of
 * the SDK for one question would be one more package.
 */

const HOUR_MS = 60 * 60 * 1_000;

/** The sum of a metric of the last hour. */
export async function lambdaSum(
  cloud: Cloud,
  deployment: Deployment,
  logicalId: string,
  name: string,
): Promise<number> {
  const { region, credentials } = clientOptions(cloud);
  const answer = await fetch(cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      // Emulators read from it which service is meant, and check no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/monitoring/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/Lambda',
      MetricName: name,
      'Dimensions.member.1.Name': 'FunctionName',
      'Dimensions.member.1.Value': deployment.physicalId(logicalId),
      StartTime: new Date(Date.now() - HOUR_MS).toISOString(),
      EndTime: new Date(Date.now() + HOUR_MS).toISOString(),
      Period: '3600',
      'Statistics.member.1': 'Sum',
    }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`CloudWatch answered ${answer.status}: ${text}`);
  return [...text.matchAll(/<Sum>([^<]+)<\/Sum>/g)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** How many lines of a function's log hold a text. */
export async function logged(
  cloud: Cloud,
  deployment: Deployment,
  path: string,
  text: string,
): Promise<number> {
  const client = new CloudWatchLogsClient(clientOptions(cloud));
  const logGroupName = deployment.physicalId(`${path}Logs`);
  const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
  return events.filter(({ message }) => message?.includes(text)).length;
}

/** Invokes a function while Lambda may run none of it. */
export async function invokeThrottled(
  cloud: Cloud,
  deployment: Deployment,
  logicalId: string,
): Promise<void> {
  const client = new LambdaClient({ ...clientOptions(cloud), maxAttempts: 1 });
  const FunctionName = deployment.physicalId(logicalId);
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  const refused = await client
    .send(new InvokeCommand({ FunctionName, Payload: '{}' }))
    .catch((error) => error);
  await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  if (refused?.name !== 'TooManyRequestsException')
    throw new Error(`it was not refused: ${JSON.stringify(refused)}`);
}
