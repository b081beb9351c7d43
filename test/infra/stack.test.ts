import { AdminEnv } from '../../lambdas/admin/env.ts';
import { AuthorizerEnv } from '../../lambdas/authorizer/env.ts';
import { DispatcherEnv } from '../../lambdas/dispatcher/env.ts';
import { IngestEnv } from '../../lambdas/ingest/env.ts';
import { MatcherEnv } from '../../lambdas/matcher/env.ts';
import { SweeperEnv } from '../../lambdas/sweeper/env.ts';
import { readSettings } from '../../lib/settings.ts';
import { type Synthesized, synthesize, synthesizeAll } from '../support/template.ts';

type FunctionProperties = {
  Runtime: string;
  Architectures: string[];
  Handler: string;
  Timeout: number;
  MemorySize: number;
  Role: unknown;
  Environment: { Variables: Record<string, unknown> };
  LoggingConfig: { LogGroup: unknown };
  ReservedConcurrentExecutions?: number;
  RecursiveLoop?: string;
};
type QueueProperties = {
  QueueName?: string;
  FifoQueue?: boolean;
  ContentBasedDeduplication?: boolean;
  DeduplicationScope?: string;
  FifoThroughputLimit?: string;
  SqsManagedSseEnabled?: boolean;
  MaximumMessageSize?: number;
  MessageRetentionPeriod: number;
  VisibilityTimeout: number;
  RedrivePolicy?: { deadLetterTargetArn: unknown; maxReceiveCount: number };
};
type MappingProperties = {
  FunctionName: unknown;
  EventSourceArn: unknown;
  BatchSize: number;
  MaximumBatchingWindowInSeconds?: number;
  FunctionResponseTypes?: string[];
  ScalingConfig?: { MaximumConcurrency: number };
};
type Statement = {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: unknown;
  Condition?: unknown;
};
type PolicyProperties = { PolicyDocument: { Statement: Statement[] } };

const day = 86_400;
// Loading a bundle is most of a cold start. Who waits for ingest and matcher is a client and a run.
const zippedLimitBytes = (name: string) => (['ingest', 'matcher'].includes(name) ? 250_000 : 400_000);

let dev: Synthesized;
let other: Synthesized;

beforeAll(async () => {
  [dev, other] = await synthesizeAll([
    {},
    {
      stage: 'other',
      retainData: 'false',
      allowedAddresses: '10.0.0.0/8,fd00::/8',
      subnetIds: 'subnet-0a1b2c3d4e5f60718,subnet-11111111',
      securityGroupIds: 'sg-0a1b2c3d4e5f60718',
      slackApiUrl: 'https://slack-gov.com/api',
      historyDays: '400',
      logDays: '365',
    },
  ]);
}, 120_000);

const listed = <Value>(value: Value | Value[]) => (Array.isArray(value) ? value : [value]);
const properties = <Properties>(type: string, stack = dev) =>
  Object.entries(stack.resources<Properties>(type)).map(([path, resource]) => ({
    path,
    ...resource.Properties,
  }));
const queues = () => properties<QueueProperties>('AWS::SQS::Queue');
const mappings = () => properties<MappingProperties>('AWS::Lambda::EventSourceMapping');
const functions = () => dev.functions<FunctionProperties>();
const arn = (path: string) => `${path}.Arn`;

describe('the stack', () => {
  test('holds these resources and no others', () => {
    const counts: Record<string, number> = {};
    for (const { Type } of Object.values(dev.template.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
    expect(counts).toEqual({
      'AWS::ApiGatewayV2::Api': 1,
      'AWS::ApiGatewayV2::Authorizer': 1,
      'AWS::ApiGatewayV2::Integration': 2,
      'AWS::ApiGatewayV2::Route': 3,
      'AWS::ApiGatewayV2::Stage': 1,
      'AWS::CloudWatch::Alarm': 11,
      'AWS::CloudWatch::Dashboard': 1,
      'AWS::DynamoDB::Table': 1,
      'AWS::Events::Rule': 1,
      'AWS::IAM::Policy': 6,
      'AWS::IAM::Role': 6,
      'AWS::Lambda::EventInvokeConfig': 1,
      'AWS::Lambda::EventSourceMapping': 2,
      'AWS::Lambda::Function': 6,
      'AWS::Lambda::Permission': 5,
      'AWS::Logs::LogGroup': 7,
      'AWS::SQS::Queue': 4,
      'AWS::SQS::QueuePolicy': 4,
      'AWS::SecretsManager::Secret': 1,
    });
  });

  test('says where the API, the first key and the table are', () => {
    const outputs = Object.entries(dev.template.Outputs).map(([name, { Value }]) => [name, dev.flat(Value)]);
    expect(Object.fromEntries(outputs)).toEqual({
      ApiUrl: 'HttpApi/Api.ApiEndpoint',
      AdminKeySecretId: 'AdminKey/Secret',
      TableName: 'Storage/Table',
    });
  });

  test('shares no name with another stage in the same account', () => {
    const names = (stack: Synthesized) =>
      Object.values(stack.template.Resources).flatMap(({ Properties }) =>
        Object.entries(Properties ?? {})
          .filter(([key]) => /Name$/.test(key))
          .filter(([, value]) => typeof value === 'string' && value !== '$default')
          .map(([key, value]) => `${key} ${value}`),
      );
    // These are named within their owner, or by AWS.
    const local = /^(?:PolicyName|MetricName|AttributeName|IndexName) |^Name ApiKeys$/;
    const mine = names(dev).filter((name) => !local.test(name));
    expect(mine.length).toBeGreaterThan(3);
    expect(mine.filter((name) => !/signalbox-dev/i.test(name))).toEqual([]);
    expect(names(other)).not.toEqual(expect.arrayContaining([expect.stringContaining('-dev')]));
    expect(names(other)).toContain('QueueName signalbox-other-events.fifo');
  });
});

describe('a queue', () => {
  const deadLetterPaths = () =>
    queues().flatMap(({ RedrivePolicy }) =>
      RedrivePolicy ? dev.flat(RedrivePolicy.deadLetterTargetArn).replace('.Arn', '') : [],
    );
  const sources = () => queues().filter(({ path }) => !deadLetterPaths().includes(path));

  test('has a dead-letter queue of its own and of its kind, which keeps messages longer', () => {
    expect(sources().map(({ path }) => path)).toEqual([
      'Ingestion/Events/Queue',
      'Delivery/Deliveries/Queue',
    ]);
    expect(new Set(deadLetterPaths()).size).toBe(2);
    for (const source of sources()) {
      const target = dev.flat(source.RedrivePolicy?.deadLetterTargetArn).replace('.Arn', '');
      const deadLetters = queues().find(({ path }) => path === target);
      expect(source.RedrivePolicy?.maxReceiveCount).toBe(10);
      expect(source.MessageRetentionPeriod).toBe(4 * day);
      expect(deadLetters?.MessageRetentionPeriod).toBe(14 * day);
      expect(deadLetters?.FifoQueue).toBe(source.FifoQueue);
    }
  });

  test('hides a message for at least six times as long as its consumer may take', () => {
    expect(mappings()).toHaveLength(2);
    for (const mapping of mappings()) {
      const queue = queues().find(({ path }) => arn(path) === dev.flat(mapping.EventSourceArn));
      const name = dev.flat(mapping.FunctionName).split('/').at(-2)?.toLowerCase() ?? '';
      const timeoutSeconds = functions()[name]?.Timeout ?? Number.NaN;
      const windowSeconds = mapping.MaximumBatchingWindowInSeconds ?? 0;
      expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeoutSeconds + windowSeconds);
    }
    const visibility = Object.fromEntries(sources().map((queue) => [queue.path, queue.VisibilityTimeout]));
    expect(visibility).toEqual({ 'Ingestion/Events/Queue': 180, 'Delivery/Deliveries/Queue': 360 });
  });

  test('is encrypted, takes messages up to 256 KiB, and refuses what does not come over TLS', () => {
    const policies = properties<PolicyProperties & { Queues: unknown[] }>('AWS::SQS::QueuePolicy');
    expect(queues()).toHaveLength(4);
    for (const queue of queues()) {
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true, MaximumMessageSize: 262_144 });
      const own = policies.filter(({ Queues }) => Queues.map(dev.flat).includes(queue.path));
      const statements = own.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      expect(
        statements.map((statement) => ({ ...statement, Resource: dev.flat(statement.Resource) })),
      ).toEqual([
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 'sqs:*',
          Resource: arn(queue.path),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]);
    }
  });

  test('of events is FIFO with high throughput, and deduplicates only by the id it is given', () => {
    const fifo = queues().filter(({ FifoQueue }) => FifoQueue);
    expect(fifo.map(({ path }) => path)).toEqual(['Ingestion/Events/DeadLetters', 'Ingestion/Events/Queue']);
    for (const queue of fifo) {
      expect(queue.QueueName).toMatch(/\.fifo$/);
      expect(queue.DeduplicationScope).toBe('messageGroup');
      expect(queue.FifoThroughputLimit).toBe('perMessageGroupId');
      expect(queue.ContentBasedDeduplication ?? false).toBe(false);
    }
  });
});

describe('a consumer', () => {
  test.each([
    ['Matching/Matcher/Function', 'Ingestion/Events/Queue'],
    ['Delivery/Dispatcher/Function', 'Delivery/Deliveries/Queue'],
  ])('%s takes batches of 10 from %s, reports failures one by one, and has a ceiling', (name, queue) => {
    const own = mappings().filter(({ FunctionName }) => dev.flat(FunctionName) === name);
    expect(own).toMatchObject([
      {
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 50 },
      },
    ]);
    expect(own.map(({ EventSourceArn }) => dev.flat(EventSourceArn))).toEqual([arn(queue)]);
  });

  test('may feed its own queue where it does, and nowhere else', () => {
    const loops = Object.entries(functions()).map(([name, { RecursiveLoop }]) => [name, RecursiveLoop]);
    expect(loops.filter(([, loop]) => loop !== undefined)).toEqual([['dispatcher', 'Allow']]);
  });

  test('never has reserved concurrency, which would push good messages into the dead letters', () => {
    for (const properties of Object.values(functions())) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });
});

describe('the table', () => {
  type TableProperties = {
    GlobalSecondaryIndexes: {
      IndexName: string;
      KeySchema: { AttributeName: string; KeyType: string }[];
      Projection: { ProjectionType: string };
    }[];
    AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
    DeletionProtectionEnabled?: boolean;
  };
  const table = (stack = dev) => stack.resources<TableProperties>('AWS::DynamoDB::Table')['Storage/Table']!;

  test('is paid per request, can be restored to any second, and forgets what its ttl says', () => {
    expect(table().Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
  });

  test('has three indexes that hold keys only', () => {
    const { GlobalSecondaryIndexes, AttributeDefinitions } = table().Properties;
    const types = Object.fromEntries(
      AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
    );
    const indexes = GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => [
      IndexName,
      ...KeySchema.map((key) => `${key.AttributeName} ${types[key.AttributeName]} ${key.KeyType}`),
      Projection.ProjectionType,
    ]);
    expect(indexes).toEqual([
      ['due', 'dueShard S HASH', 'sweepAt N RANGE', 'KEYS_ONLY'],
      ['by-team', 'team S HASH', 'historyAtMs N RANGE', 'KEYS_ONLY'],
      ['by-automation', 'automationId S HASH', 'historyAtMs N RANGE', 'KEYS_ONLY'],
    ]);
  });

  test('outlives the stack with the admin key and the logs, unless the settings let them go', () => {
    const fates = (stack: Synthesized) =>
      ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret', 'AWS::Logs::LogGroup'].flatMap((type) =>
        Object.values(stack.resources(type)).map(({ DeletionPolicy }) => DeletionPolicy),
      );
    expect(new Set(fates(dev))).toEqual(new Set(['Retain']));
    expect(table().Properties.DeletionProtectionEnabled).toBe(true);
    expect(new Set(fates(other))).toEqual(new Set(['Delete']));
    expect(table(other).Properties.DeletionProtectionEnabled).toBe(false);
  });
});

describe('a function', () => {
  test('runs on Node.js 24 and arm64, for as long and with as much memory as decided', () => {
    const shapes = Object.entries(functions()).map(([name, { Timeout, MemorySize }]) => [
      name,
      [Timeout, MemorySize],
    ]);
    expect(Object.fromEntries(shapes)).toEqual({
      authorizer: [5, 256],
      ingest: [15, 512],
      matcher: [30, 512],
      dispatcher: [60, 512],
      sweeper: [55, 256],
      admin: [15, 512],
    });
    for (const properties of Object.values(functions())) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        // Lambda's own lines for each invocation are left out: ours tell more, and each costs.
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
      });
    }
  });

  test.each([
    ['authorizer', AuthorizerEnv],
    ['ingest', IngestEnv],
    ['matcher', MatcherEnv],
    ['dispatcher', DispatcherEnv],
    ['sweeper', SweeperEnv],
    ['admin', AdminEnv],
  ])('%s gets exactly the environment variables that it reads', (name, schema) => {
    const { Variables } = functions()[name]!.Environment;
    expect(Object.keys(Variables).sort()).toEqual(Object.keys(schema.shape).sort());
  });

  test('is told the resources by their references and the settings by their values', () => {
    const environment = (name: string, stack = dev) => {
      const { Variables } = stack.functions<FunctionProperties>()[name]!.Environment;
      return Object.fromEntries(Object.entries(Variables).map(([key, value]) => [key, stack.flat(value)]));
    };
    expect(environment('ingest')).toEqual({
      TABLE_NAME: 'Storage/Table',
      ADMIN_KEY_SECRET_ID: 'AdminKey/Secret',
      EVENTS_QUEUE_URL: 'Ingestion/Events/Queue',
    });
    expect(environment('matcher')['DELIVERIES_QUEUE_URL']).toBe('Delivery/Deliveries/Queue');
    expect(environment('sweeper')).toMatchObject({
      DELIVERIES_QUEUE_URL: 'Delivery/Deliveries/Queue',
      EVENTS_QUEUE_URL: 'Ingestion/Events/Queue',
      EVENTS_DEAD_LETTERS_URL: 'Ingestion/Events/DeadLetters',
      DELIVERIES_DEAD_LETTERS_URL: 'Delivery/Deliveries/DeadLetters',
    });
    expect(environment('dispatcher')).toMatchObject({
      DELIVERIES_QUEUE_URL: 'Delivery/Deliveries/Queue',
      ALLOWED_ADDRESSES: '',
      SLACK_API_URL: 'https://slack.com/api',
    });
    expect(environment('dispatcher', other)).toMatchObject({
      ALLOWED_ADDRESSES: '10.0.0.0/8,fd00::/8',
      SLACK_API_URL: 'https://slack-gov.com/api',
    });
    expect(environment('admin')['SECRET_NAME_PREFIX']).toBe('signalbox/dev/team/');
    expect(environment('admin', other)).toMatchObject({
      SECRET_NAME_PREFIX: 'signalbox/other/team/',
      ALLOWED_ADDRESSES: '10.0.0.0/8,fd00::/8',
    });
  });

  test('writes to a log group of its own, and every log group has a retention', () => {
    const groups = properties<{ RetentionInDays?: number }>('AWS::Logs::LogGroup');
    for (const group of groups) expect(group.RetentionInDays).toBe(30);
    for (const group of properties<{ RetentionInDays?: number }>('AWS::Logs::LogGroup', other)) {
      expect(group.RetentionInDays).toBe(365);
    }
    const used = Object.values(functions()).map(({ LoggingConfig }) => dev.flat(LoggingConfig.LogGroup));
    expect(new Set(used).size).toBe(6);
    expect(groups.map(({ path }) => path)).toEqual(expect.arrayContaining(used));
  });

  test('is deployed as one small file', () => {
    for (const [name, { files, zippedBytes }] of Object.entries(dev.bundles)) {
      expect([name, files]).toEqual([name, ['index.js']]);
      expect([name, zippedBytes <= zippedLimitBytes(name)]).toEqual([name, true]);
    }
    expect(Object.keys(dev.bundles)).toHaveLength(6);
  });
});

describe('a role', () => {
  const table = arn('Storage/Table');
  const teamSecrets =
    'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:signalbox/dev/team/*';
  const logs = (path: string) => [
    `logs:CreateLogStream on ${path}/Logs.Arn`,
    `logs:PutLogEvents on ${path}/Logs.Arn`,
  ];
  const onTable = (...actions: string[]) => actions.map((action) => `dynamodb:${action} on ${table}`);
  const queriesIndex = (name: string) => `dynamodb:Query on ${table}/index/${name}`;
  const sendsTo = (path: string) => `sqs:SendMessage on ${path}/Queue.Arn`;
  const consumes = (path: string) =>
    ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'].map(
      (action) => `sqs:${action} on ${path}/Queue.Arn`,
    );
  const readsAdminKey = 'secretsmanager:GetSecretValue on AdminKey/Secret';
  const events = 'Ingestion/Events';
  const eventsDeadLetters = 'Ingestion/Events/DeadLetters.Arn';
  const deliveries = 'Delivery/Deliveries';
  const deliveriesDeadLetters = 'Delivery/Deliveries/DeadLetters.Arn';

  const granted = (name: string) => {
    const role = dev.flat(functions()[name]?.Role).replace('.Arn', '');
    return properties<PolicyProperties & { Roles: unknown[] }>('AWS::IAM::Policy')
      .filter(({ Roles }) => Roles.map(dev.flat).includes(role))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap(({ Effect, Action, Resource }) =>
        listed(Action).flatMap((action) =>
          listed(Resource).map(
            (resource) => `${Effect === 'Allow' ? '' : Effect}${action} on ${dev.flat(resource)}`,
          ),
        ),
      )
      .sort();
  };

  test.each<[string, string[]]>([
    ['authorizer', [...logs('HttpApi/Authorizer'), ...onTable('GetItem', 'UpdateItem'), readsAdminKey]],
    [
      'ingest',
      [
        ...logs('Ingestion/Ingest'),
        ...onTable('GetItem', 'BatchGetItem', 'UpdateItem'),
        readsAdminKey,
        sendsTo(events),
      ],
    ],
    [
      'matcher',
      [
        ...logs('Matching/Matcher'),
        ...onTable('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        sendsTo(deliveries),
        ...consumes(events),
      ],
    ],
    [
      'dispatcher',
      [
        ...logs('Delivery/Dispatcher'),
        ...onTable('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
        `secretsmanager:GetSecretValue on ${teamSecrets}`,
        sendsTo(deliveries),
        ...consumes(deliveries),
      ],
    ],
    [
      'sweeper',
      [
        ...logs('Sweeping/Sweeper'),
        ...onTable('GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
        queriesIndex('due'),
        queriesIndex('by-automation'),
        sendsTo(deliveries),
        sendsTo(events),
        `sqs:ReceiveMessage on ${eventsDeadLetters}`,
        `sqs:DeleteMessage on ${eventsDeadLetters}`,
        `sqs:ReceiveMessage on ${deliveriesDeadLetters}`,
        `sqs:DeleteMessage on ${deliveriesDeadLetters}`,
      ],
    ],
    [
      'admin',
      [
        ...logs('Administration/Admin'),
        ...onTable('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
        queriesIndex('by-team'),
        queriesIndex('by-automation'),
        `secretsmanager:CreateSecret on ${teamSecrets}`,
        `secretsmanager:PutSecretValue on ${teamSecrets}`,
        `secretsmanager:DeleteSecret on ${teamSecrets}`,
        readsAdminKey,
        sendsTo(deliveries),
      ],
    ],
  ])('of %s holds exactly these rights', (name, rights) => {
    expect(granted(name)).toEqual([...rights].sort());
  });

  test('holds no star but the prefix of team secrets, and the admin reads none of those', () => {
    const all = Object.keys(functions()).flatMap(granted);
    expect(all.filter((right) => right.split(' on ')[0]?.includes('*'))).toEqual([]);
    const starred = all.map((right) => right.split(' on ')[1] ?? '').filter((right) => right.includes('*'));
    expect(new Set(starred)).toEqual(new Set([teamSecrets]));
    expect(granted('admin').filter((right) => right.startsWith('secretsmanager:Get'))).toEqual([
      readsAdminKey,
    ]);
  });

  test('lets authorizer and ingest write when a key was last used, and nothing else', () => {
    const statements = properties<PolicyProperties>('AWS::IAM::Policy')
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement as unknown as Record<string, unknown>[])
      .filter(({ Condition }) => Condition !== undefined);
    const onlyLastUse = {
      Action: 'dynamodb:UpdateItem',
      Condition: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*'] },
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'lastUsedAtMs'] },
      },
    };
    expect(statements).toMatchObject([onlyLastUse, onlyLastUse]);
    for (const name of ['authorizer', 'ingest'])
      expect(granted(name).filter((right) => right.startsWith('dynamodb:UpdateItem'))).toHaveLength(1);
  });

  test('belongs to one function, is taken by Lambda only, and has no policy besides', () => {
    const roles = properties<Record<string, unknown>>('AWS::IAM::Role');
    expect(new Set(Object.values(functions()).map(({ Role }) => dev.flat(Role))).size).toBe(6);
    for (const role of roles) {
      expect(Object.keys(role).sort()).toEqual(['AssumeRolePolicyDocument', 'path']);
      expect(role['AssumeRolePolicyDocument']).toMatchObject({
        Statement: [
          { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      });
    }
  });
});

describe('the HTTP API', () => {
  test('serves three routes, each but the API’s description through the authorizer', () => {
    type RouteProperties = {
      RouteKey: string;
      AuthorizationType: string;
      AuthorizerId: unknown;
      Target: unknown;
    };
    const integrations = dev.resources<{ IntegrationUri: unknown; PayloadFormatVersion: string }>(
      'AWS::ApiGatewayV2::Integration',
    );
    const routes = properties<RouteProperties>('AWS::ApiGatewayV2::Route').map((route) => {
      const integration = integrations[dev.flat(route.Target).replace('integrations/', '')]?.Properties;
      expect(integration?.PayloadFormatVersion).toBe('2.0');
      const target = dev.flat(integration?.IntegrationUri);
      return [route.RouteKey, route.AuthorizationType, dev.flat(route.AuthorizerId), target];
    });
    expect(routes).toEqual([
      ['POST /v1/events', 'CUSTOM', 'HttpApi/Api/ApiKeys', 'Ingestion/Ingest/Function.Arn'],
      ['ANY /v1/{proxy+}', 'CUSTOM', 'HttpApi/Api/ApiKeys', 'Administration/Admin/Function.Arn'],
      ['GET /v1/openapi.json', 'NONE', 'undefined', 'Administration/Admin/Function.Arn'],
    ]);
  });

  test('keeps a verdict for one key and one route only, and for a minute at most', () => {
    const [authorizer, ...rest] = properties<{
      IdentitySource: string[];
      AuthorizerResultTtlInSeconds: number;
      AuthorizerUri: unknown;
    }>('AWS::ApiGatewayV2::Authorizer');
    expect(rest).toEqual([]);
    expect(authorizer).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
    });
    expect(authorizer?.AuthorizerResultTtlInSeconds).toBeLessThanOrEqual(30);
    expect(dev.flat(authorizer?.AuthorizerUri)).toContain('HttpApi/Authorizer/Function.Arn');
  });

  test('limits the rate and leaves one line of JSON for each request, without header or query', () => {
    const [stage] = properties<{
      AccessLogSettings: { DestinationArn: unknown; Format: string };
      DefaultRouteSettings: unknown;
    }>('AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 1_000 },
    });
    expect(dev.flat(stage?.AccessLogSettings.DestinationArn)).toBe('HttpApi/AccessLog.Arn');
    const line = JSON.parse(stage?.AccessLogSettings.Format ?? '');
    expect(Object.keys(line)).toEqual(expect.arrayContaining(['requestId', 'routeKey', 'status']));
    expect(Object.values<string>(line).filter((value) => /querystring|header/i.test(value))).toEqual([]);
  });

  test('is the only caller of its functions, and the schedule of the sweeper', () => {
    type PermissionProperties = { Principal: string; FunctionName: unknown; SourceArn?: unknown };
    const permissions = properties<PermissionProperties>('AWS::Lambda::Permission').map(
      ({ FunctionName, Principal, SourceArn }) => [
        dev.flat(FunctionName),
        Principal,
        SourceArn !== undefined,
      ],
    );
    expect(permissions.sort()).toEqual([
      // Of the route for all, and of the one that is public.
      ['Administration/Admin/Function.Arn', 'apigateway.amazonaws.com', true],
      ['Administration/Admin/Function.Arn', 'apigateway.amazonaws.com', true],
      ['HttpApi/Authorizer/Function.Arn', 'apigateway.amazonaws.com', true],
      ['Ingestion/Ingest/Function.Arn', 'apigateway.amazonaws.com', true],
      ['Sweeping/Sweeper/Function.Arn', 'events.amazonaws.com', true],
    ]);
  });
});

describe('the sweeper', () => {
  test('runs every minute, and a missed sweep is not made up for', () => {
    const [rule] = properties<{ Targets: { Arn: unknown }[] }>('AWS::Events::Rule');
    expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(rule?.Targets.map(({ Arn }) => dev.flat(Arn))).toEqual(['Sweeping/Sweeper/Function.Arn']);
    expect(properties('AWS::Lambda::EventInvokeConfig')).toMatchObject([
      { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    ]);
  });
});

describe('the first admin key', () => {
  test('is generated: 48 letters and digits', () => {
    expect(properties('AWS::SecretsManager::Secret')).toMatchObject([
      { GenerateSecretString: { PasswordLength: 48, ExcludePunctuation: true } },
    ]);
  });
});

describe("AWS's checks", () => {
  test('find nothing but what is acknowledged here, each with its reason', () => {
    const teamSecrets =
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:signalbox/dev/team/*]';
    expect(dev.acknowledged.map(({ path, id }) => [path, id]).sort()).toEqual([
      ['AdminKey/Secret', 'AwsSolutions-SMG4'],
      ['Administration/Admin', teamSecrets],
      ['Delivery/Dispatcher', teamSecrets],
      ['HttpApi/Api/GET--v1--openapi.json', 'AwsSolutions-APIG4'],
    ]);
    for (const { reason } of dev.acknowledged) expect(reason.length).toBeGreaterThan(20);
  });

  test('stop the synth when they do find something', async () => {
    const failed = expect(synthesize({}, ['planted'])).rejects;
    await failed.toThrow(/AwsSolutions-SQS4/);
  }, 60_000);
});

describe('a setting', () => {
  const read = (context: Record<string, unknown>, isEmulated = false) =>
    readSettings({ tryGetContext: (name: string) => context[name] }, 'dist', isEmulated);

  test('has a default', () => {
    expect(read({})).toEqual({
      stage: 'dev',
      allowedAddresses: [],
      eventRequestsPerSecond: 1_000,
      requestsPerSecond: 1_000,
      subnetIds: [],
      securityGroupIds: [],
      domainName: undefined,
      certificateArn: undefined,
      hostedZoneId: undefined,
      firewall: undefined,
      alarmEmail: undefined,
      alarmTopicArn: undefined,
      api: 'http',
      canary: false,
      slackApiUrl: 'https://slack.com/api',
      historyDays: 90,
      logDays: 30,
      retainData: true,
      functionsFolder: 'dist',
    });
  });

  test('may come as text, which is all that the command line can give', () => {
    expect(read({ retainData: 'false', allowedAddresses: '8.8.0.0/16, 2600::/16' })).toMatchObject({
      retainData: false,
      allowedAddresses: ['8.8.0.0/16', '2600::/16'],
    });
    expect(read({ retainData: 'true', allowedAddresses: '' })).toMatchObject({
      retainData: true,
      allowedAddresses: [],
    });
  });

  test.each([
    ['stage', 'Prod'],
    ['stage', 'a-name-that-is-too-long'],
    ['stage', 'dev/'],
    ['stage', 7],
    ['allowedAddresses', '10.0.0.0'],
    ['allowedAddresses', ['localhost']],
    ['allowedAddresses', 8],
    ['api', 'graphql'],
    ['slackApiUrl', 'slack.com/api'],
    ['slackApiUrl', 'ftp://slack.com/api'],
    ['slackApiUrl', 'https://slack.com/api/'],
    ['slackApiUrl', 'https://slack.com/api?a=b'],
    ['slackApiUrl', 'https://me:you@slack.com/api'],
    ['slackApiUrl', ''],
    ['slackApiUrl', 'http://slack.com/api'],
    ['slackApiUrl', 'http://10.0.0.1/api'],
    ['allowedAddresses', '127.0.0.0/8'],
    ['allowedAddresses', '10.0.0.0/8,127.9.9.9/32'],
    ['allowedAddresses', '0.0.0.0/0'],
    ['allowedAddresses', '169.254.169.254/32'],
    ['allowedAddresses', '::1/128'],
    ['allowedAddresses', '::/0'],
    ['allowedAddresses', 'fe80::1/64'],
    ['allowedAddresses', '::ffff:10.0.0.0/104'],
    ['historyDays', '34'],
    ['historyDays', 3651],
    ['historyDays', '90 days'],
    ['historyDays', 40.5],
    ['logDays', '31'],
    ['logDays', '0'],
    ['logDays', 'forever'],
    ['retainData', 'no'],
    ['retainData', 0],
  ])('%s cannot be %p, and the sentence names it and the way out', (name, value) => {
    const sentence = new RegExp(`^The setting "${name}" is .*, but it must .*"-c ${name}=…"`);
    expect(() => read({ [name]: value })).toThrow(sentence);
  });

  test('opens loopback on an emulator, whose receivers are on this machine, and nothing else there', () => {
    const allowedAddresses = '127.0.0.0/8,::1/128';
    expect(() => read({ allowedAddresses })).toThrow(/hold nothing of 127\.0\.0\.0\/8 \(loopback, with/);
    expect(read({ allowedAddresses }, true)).toMatchObject({ allowedAddresses: ['127.0.0.0/8', '::1/128'] });
    expect(() => read({ allowedAddresses: '169.254.0.0/16' }, true)).toThrow(/link-local/);
  });

  test('may have Slack be another one, by plain http only at an address that is listed', () => {
    const slackApiUrl = 'http://198.51.100.7:8080/api';
    expect(read({ slackApiUrl: 'https://slack-gov.com/api' }).slackApiUrl).toBe('https://slack-gov.com/api');
    expect(read({ slackApiUrl, allowedAddresses: '198.51.100.0/24' }).slackApiUrl).toBe(slackApiUrl);
    expect(() => read({ slackApiUrl, allowedAddresses: '198.51.101.0/24' })).toThrow(/in allowedAddresses/);
  });
});
