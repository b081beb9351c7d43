import * as local from '../../local/topology.ts';
import { type Synthesized, synthesize } from '../support/template.ts';

let stack: Synthesized;

beforeAll(async () => {
  stack = await synthesize({ stage: 'local', allowedAddresses: '127.0.0.0/8,::1/128' }, ['emulated']);
}, 120_000);

const all = <Properties>(type: string) =>
  Object.entries(stack.resources<Properties>(type)).map(([path, { Properties }]) => ({
    path,
    ...Properties,
  }));

/** The one resource of its type. */
function only<Properties>(type: string): Properties {
  const [first, ...others] = all<Properties>(type);
  expect(others).toEqual([]);
  return first!;
}

/** A function's name, from any reference to it. */
const functionIn = (reference: unknown) =>
  /(\w+)\/Function\b/.exec(stack.flat(reference))?.[1]?.toLowerCase() ?? stack.flat(reference);

/** A queue's construct path, from any reference to it. */
const queueIn = (reference: unknown) => stack.flat(reference).replace(/\.(Arn|QueueName)$/, '');

const queuePaths: Record<local.WorkQueueName, string> = {
  events: 'Ingestion/Events',
  deliveries: 'Delivery/Deliveries',
};

describe('queues', () => {
  type QueueProperties = Record<string, unknown> & {
    RedrivePolicy?: { deadLetterTargetArn: unknown; maxReceiveCount: number };
  };
  // What has no meaning in the emulator: it encrypts nothing.
  const cloudOnly = ['SqsManagedSseEnabled'];

  const deployed = (path: string) => {
    const resource = stack.resources<QueueProperties>('AWS::SQS::Queue')[path];
    const { QueueName, RedrivePolicy, ...attributes } = resource!.Properties;
    const compared = Object.entries(attributes).filter(([name]) => !cloudOnly.includes(name));
    return {
      name: QueueName,
      RedrivePolicy,
      attributes: Object.fromEntries(compared.map(([name, value]) => [name, String(value)])),
    };
  };

  test('there are these and no others', () => {
    const paths = Object.values(queuePaths).flatMap((path) => [`${path}/Queue`, `${path}/DeadLetters`]);
    expect(Object.keys(stack.resources('AWS::SQS::Queue')).sort()).toEqual(paths.sort());
  });

  test.each(Object.entries(local.queues))(
    '%s and its dead-letter queue have the same attributes',
    (key, queue) => {
      const path = queuePaths[key as local.WorkQueueName];
      const main = deployed(`${path}/Queue`);
      const dead = deployed(`${path}/DeadLetters`);
      expect(queue.attributes).toEqual(main.attributes);
      expect(queue.deadLetters.attributes).toEqual(dead.attributes);
      expect(queue.maxReceiveCount).toBe(main.RedrivePolicy?.maxReceiveCount);
      expect(queueIn(main.RedrivePolicy?.deadLetterTargetArn)).toBe(`${path}/DeadLetters`);
      expect(dead.RedrivePolicy).toBeUndefined();
      // Where the stack leaves the name to CloudFormation, any will do here.
      expect(queue.name).toBe(main.name ?? queue.name);
      expect(queue.deadLetters.name).toBe(dead.name ?? queue.deadLetters.name);
    },
  );
});

describe('functions', () => {
  type FunctionProperties = {
    Timeout: number;
    MemorySize: number;
    Environment: { Variables: Record<string, unknown> };
  };

  // Each part is named as the template refers to it, so that the same environment must come out of both.
  const parts: local.LocalParts = {
    tableName: 'Storage/Table',
    adminKeySecretId: 'AdminKey/Secret',
    queueUrls: { events: 'Ingestion/Events/Queue', deliveries: 'Delivery/Deliveries/Queue' },
    eventsDeadLettersUrl: 'Ingestion/Events/DeadLetters',
    deliveriesDeadLettersUrl: 'Delivery/Deliveries/DeadLetters',
    allowedAddresses: '127.0.0.0/8,::1/128',
  };

  test('there are these and no others', () => {
    expect(Object.keys(stack.functions()).sort()).toEqual([...local.functionNames].sort());
  });

  test.each(Object.entries(local.functions))(
    '%s has the same time, memory and environment',
    (name, described) => {
      const { Timeout, MemorySize, Environment } = stack.functions<FunctionProperties>()[name]!;
      expect({ timeoutSeconds: described.timeoutSeconds, memoryMb: described.memoryMb }).toEqual({
        timeoutSeconds: Timeout,
        memoryMb: MemorySize,
      });
      const variables = Object.entries(Environment.Variables).map(([key, value]) => [key, stack.flat(value)]);
      expect(described.environment(parts)).toEqual(Object.fromEntries(variables));
    },
  );
});

test('the mappings are the same', () => {
  type MappingProperties = {
    FunctionName: unknown;
    EventSourceArn: unknown;
    BatchSize: number;
    MaximumBatchingWindowInSeconds?: number;
    FunctionResponseTypes?: string[];
    ScalingConfig?: { MaximumConcurrency: number };
  };
  const deployed = all<MappingProperties>('AWS::Lambda::EventSourceMapping');
  expect(deployed.map((each) => each.MaximumBatchingWindowInSeconds ?? 0)).toEqual(deployed.map(() => 0));
  const mappings = deployed.map((each) => ({
    queue: queueIn(each.EventSourceArn),
    function: functionIn(each.FunctionName),
    batchSize: each.BatchSize,
    maxConcurrency: each.ScalingConfig?.MaximumConcurrency,
    reportBatchItemFailures: each.FunctionResponseTypes?.includes('ReportBatchItemFailures'),
  }));
  const described = local.mappings.map((each) => ({ ...each, queue: `${queuePaths[each.queue]}/Queue` }));
  expect(mappings).toHaveLength(described.length);
  expect(mappings).toEqual(expect.arrayContaining(described));
});

describe('the HTTP API', () => {
  type RouteProperties = { RouteKey: string; Target: unknown; AuthorizerId: unknown };
  type IntegrationProperties = { IntegrationUri: unknown; PayloadFormatVersion: string };
  type AuthorizerProperties = {
    AuthorizerUri: unknown;
    AuthorizerPayloadFormatVersion: string;
    EnableSimpleResponses: boolean;
    IdentitySource: string[];
    AuthorizerResultTtlInSeconds: number;
  };

  const integrationOf = (target: unknown) => {
    const path = stack.flat(target).replace(/^integrations\//, '');
    return stack.resources<IntegrationProperties>('AWS::ApiGatewayV2::Integration')[path]!.Properties;
  };

  test('has the same routes, each to the same function', () => {
    const routes = all<RouteProperties>('AWS::ApiGatewayV2::Route').map((route) => ({
      key: route.RouteKey,
      function: functionIn(integrationOf(route.Target).IntegrationUri),
      ...(route.AuthorizerId === undefined && { isPublic: true }),
    }));
    expect(routes).toHaveLength(local.routes.length);
    expect(routes).toEqual(expect.arrayContaining([...local.routes]));
  });

  test('asks the same authorizer before every route that is not public, with the same identity and memory', () => {
    const authorizer = only<AuthorizerProperties>('AWS::ApiGatewayV2::Authorizer');
    expect(local.authorizer).toEqual({
      function: functionIn(authorizer.AuthorizerUri),
      identitySources: authorizer.IdentitySource,
      ttlSeconds: authorizer.AuthorizerResultTtlInSeconds,
    });
    const asked = all<RouteProperties>('AWS::ApiGatewayV2::Route').flatMap(({ AuthorizerId }) =>
      AuthorizerId === undefined ? [] : stack.flat(AuthorizerId),
    );
    const [path] = Object.keys(stack.resources('AWS::ApiGatewayV2::Authorizer'));
    expect(new Set(asked)).toEqual(new Set([path]));
  });

  test('speaks payload format 2.0 with simple answers, as the local front does', () => {
    const integrations = all<IntegrationProperties>('AWS::ApiGatewayV2::Integration');
    expect(new Set(integrations.map((each) => each.PayloadFormatVersion))).toEqual(new Set(['2.0']));
    const authorizer = only<AuthorizerProperties>('AWS::ApiGatewayV2::Authorizer');
    expect(authorizer).toMatchObject({ AuthorizerPayloadFormatVersion: '2.0', EnableSimpleResponses: true });
  });
});

test('the schedules are the same', () => {
  type RuleProperties = { ScheduleExpression: string; State: string; Targets: { Arn: unknown }[] };
  const rules = all<RuleProperties>('AWS::Events::Rule').map(({ ScheduleExpression, State, Targets }) => ({
    state: State,
    rate: ScheduleExpression,
    functions: Targets.map(({ Arn }) => functionIn(Arn)),
  }));
  expect(rules).toEqual(
    local.schedules.map((schedule) => ({
      state: 'ENABLED',
      rate: schedule.rate,
      functions: [schedule.function],
    })),
  );
  for (const { rate, everySeconds } of local.schedules) {
    const [, count, unit = ''] = /^rate\((\d+) (minute|hour)s?\)$/.exec(rate) ?? [];
    expect(everySeconds).toBe(Number(count) * { minute: 60, hour: 3600 }[unit]!);
  }
});

test('the table has the same keys and indexes', () => {
  type Keys = { AttributeName: string; KeyType: string }[];
  type TableProperties = {
    KeySchema: Keys;
    AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
    GlobalSecondaryIndexes: { IndexName: string; KeySchema: Keys; Projection: { ProjectionType: string } }[];
    LocalSecondaryIndexes?: unknown[];
  };
  const table = only<TableProperties>('AWS::DynamoDB::Table');
  const types = new Map(
    table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const keys = (schema: Keys) => {
    const attribute = (type: string) => {
      const name = schema.find(({ KeyType }) => KeyType === type)?.AttributeName ?? '';
      return { name, type: types.get(name) };
    };
    return { hash: attribute('HASH'), range: attribute('RANGE') };
  };
  expect(local.table.keys).toEqual(keys(table.KeySchema));
  expect(table.LocalSecondaryIndexes).toBeUndefined();
  const indexes = table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema }) => [
    IndexName,
    keys(KeySchema),
  ]);
  expect(local.table.indexes).toEqual(Object.fromEntries(indexes));
  const projections = table.GlobalSecondaryIndexes.map(({ Projection }) => Projection.ProjectionType);
  expect(new Set(projections)).toEqual(new Set(['KEYS_ONLY']));
});
