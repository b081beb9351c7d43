import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TableIndexes } from '../../lib/table-indexes.ts';

/** What stays of a resource, or is replaced as a whole. */
export interface LastingResource {
  type: string;
  /** The name that the template gives it, where it does not leave that to CloudFormation. */
  name?: unknown;
  /** Of a table. */
  keys?: readonly string[];
  indexes?: TableIndexes;
}
export type LastingStack = Record<string, LastingResource>;

/** The property that names a resource of its type. */
const nameProperties: Record<string, string> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::Role': 'RoleName',
};

interface TableProperties {
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  KeySchema: { AttributeName: string }[];
  GlobalSecondaryIndexes?: { IndexName: string; KeySchema: { AttributeName: string }[] }[];
}

/** That of all resources of a template. */
export function lasting(resources: Record<string, { Type: string; Properties?: unknown }>): LastingStack {
  return Object.fromEntries(
    Object.entries(resources).map(([id, { Type, Properties = {} }]) => {
      const name = (Properties as Record<string, unknown>)[nameProperties[Type] ?? ''];
      const table = Type === 'AWS::DynamoDB::Table' ? keysOf(Properties as TableProperties) : {};
      return [id, { type: Type, ...(name !== undefined && { name }), ...table }];
    }),
  );
}

/** A table's keys, each with the letter of its type. */
export function keysOf({ AttributeDefinitions, KeySchema, GlobalSecondaryIndexes = [] }: TableProperties) {
  const types = new Map(AttributeDefinitions.map((each) => [each.AttributeName, each.AttributeType]));
  const keys = (schema: { AttributeName: string }[]) =>
    schema.map(({ AttributeName }) => `${AttributeName}:${types.get(AttributeName)}`);
  return {
    keys: keys(KeySchema),
    indexes: Object.fromEntries(
      GlobalSecondaryIndexes.map((index) => [index.IndexName, keys(index.KeySchema)]),
    ) as unknown as TableIndexes,
  };
}

/** What `record-template.ts` wrote. */
export function readStack(name: string): LastingStack {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8')).resources;
}
