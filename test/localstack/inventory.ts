import {
  CloudFormationClient,
  ListStackResourcesCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Cloud } from '../support/ministack.ts';
import { clientOptions } from './deployment.ts';

/** The names of all stacks, tables, queues, functions, secrets and log groups that are there. */
export async function namesOf(cloud: Cloud): Promise<string[]> {
  const options = clientOptions(cloud);
  const [stacks, tables, queues, functions, secrets, logs] = await Promise.all([
    new CloudFormationClient(options).send(new ListStacksCommand({})),
    new DynamoDBClient(options).send(new ListTablesCommand({})),
    new SQSClient(options).send(new ListQueuesCommand({})),
    new LambdaClient(options).send(new ListFunctionsCommand({})),
    new SecretsManagerClient(options).send(new ListSecretsCommand({})),
    new CloudWatchLogsClient(options).send(new DescribeLogGroupsCommand({})),
  ]);
  const names = [
    stacks.StackSummaries?.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
      (each) => each.StackName,
    ),
    tables.TableNames,
    queues.QueueUrls,
    functions.Functions?.map(({ FunctionName }) => FunctionName),
    secrets.SecretList?.map(({ Name }) => Name),
    logs.logGroups?.map(({ logGroupName }) => logGroupName),
  ];
  return names.flatMap((list) => list ?? []).filter((name) => name !== undefined);
}

export async function countItems(cloud: Cloud, TableName: string): Promise<number> {
  const client = new DynamoDBClient(clientOptions(cloud));
  return (await client.send(new ScanCommand({ TableName, Select: 'COUNT' }))).Count ?? 0;
}

/** How many resources of each type a stack holds. */
export async function inventoryOf(cloud: Cloud, stage: string): Promise<Record<string, number>> {
  const client = new CloudFormationClient(clientOptions(cloud));
  const { StackResourceSummaries = [] } = await client.send(
    new ListStackResourcesCommand({ StackName: `Signalbox-${stage}` }),
  );
  const counts: Record<string, number> = {};
  for (const { ResourceType = '' } of StackResourceSummaries)
    counts[ResourceType] = (counts[ResourceType] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b)));
}
