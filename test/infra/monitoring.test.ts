import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../../lib/settings.ts';
import { tableIndexes } from '../../lib/table-indexes.ts';
import { type Synthesized, synthesize, synthesizeAll } from '../support/template.ts';

type AlarmProperties = {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: unknown[];
  TreatMissingData: string;
  Namespace?: string;
  MetricName?: string;
  Dimensions?: { Name: string; Value: unknown }[];
  Metrics?: {
    MetricStat?: {
      Metric: { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: unknown }[] };
    };
  }[];
};

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

let quiet: Synthesized;
let loud: Synthesized;

beforeAll(async () => {
  [quiet, loud] = await synthesizeAll([
    {},
    { stage: 'prod', canary: 'true', alarmEmail: 'ops@example.com', alarmTopicArn: TOPIC },
  ]);
}, 120_000);

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:pager';

const alarms = (stack: Synthesized) =>
  Object.values(stack.resources<AlarmProperties>('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );

/** Every metric that an alarm reads, as namespace/name@function. */
const metricsOf = (stack: Synthesized, { Metrics = [], ...alarm }: AlarmProperties) =>
  [
    ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
    ...(alarm.MetricName ? [alarm] : []),
  ].map(
    ({ Namespace, MetricName, Dimensions = [] }) =>
      `${Namespace}/${MetricName}@${Dimensions.map(({ Value }) => stack.flat(Value)).join()}`,
  );

test('every alarm has a heading in the runbook that its description leads to, and every heading an alarm', () => {
  const runbook = read('docs/operator-runbook.md').split('## Alarms')[1] ?? '';
  const headings = [...runbook.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  const named = alarms(loud).map(({ AlarmName }) => AlarmName.replace('signalbox-prod-', ''));
  expect(named.sort()).toEqual([...headings].sort());
  for (const { AlarmName, AlarmDescription } of alarms(loud)) {
    const name = AlarmName.replace('signalbox-prod-', '');
    expect(AlarmDescription.endsWith(`docs/operator-runbook.md#${name}`)).toBe(true);
  }
});

test('every metric of ours that is watched is one that a stage writes, and the runbook lists all that there are', () => {
  const source = read('lambdas/shared/metrics.ts');
  const written = new Set([...source.matchAll(/(?:count|countIf|time)\('(\w+)'/g)].map(([, name]) => name));
  const watched = JSON.stringify(loud.template).match(
    /"Signalbox","MetricName":"(\w+)"|"MetricName":"(\w+)","Namespace":"Signalbox"/g,
  );
  expect(watched?.length).toBeGreaterThan(0);
  for (const text of watched ?? []) expect(written).toContain(/"MetricName":"(\w+)"/.exec(text)?.[1]);
  const runbook = read('docs/operator-runbook.md');
  for (const name of written) expect(runbook).toContain(`\`${name}\``);
});

test('alarms look at what they are called after', () => {
  const looksAt = Object.fromEntries(
    alarms(quiet).map((alarm) => [alarm.AlarmName.replace('signalbox-dev-', ''), metricsOf(quiet, alarm)]),
  );
  // Also what the sweeper has just looked at and left: for half of each minute that is not visible.
  const deadLettersOf = (queue: string) =>
    ['Visible', 'NotVisible'].map(
      (state) => `AWS/SQS/ApproximateNumberOfMessages${state}@${queue}/DeadLetters.QueueName`,
    );
  expect(looksAt['events-dead-letters']).toEqual(deadLettersOf('Ingestion/Events'));
  expect(looksAt['deliveries-dead-letters']).toEqual(deadLettersOf('Delivery/Deliveries'));
  expect(looksAt['events-queue-age']).toEqual([
    'AWS/SQS/ApproximateAgeOfOldestMessage@Ingestion/Events/Queue.QueueName',
  ]);
  expect(looksAt['sweeper-silent']).toEqual(['Signalbox/Sweeps@Sweeping/Sweeper/Function']);
  expect(looksAt['messages-buried']).toEqual(['Signalbox/Buried@Matching/Matcher/Function']);
  expect(looksAt['deliveries-queue-age']).toEqual([
    'AWS/SQS/ApproximateAgeOfOldestMessage@Delivery/Deliveries/Queue.QueueName',
  ]);
  const ofTable = ['Storage/Table', ...Object.keys(tableIndexes).map((index) => `${index},Storage/Table`)];
  expect(looksAt['table-throttles']?.sort()).toEqual(
    ofTable
      .flatMap((of) =>
        ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => `AWS/DynamoDB/${name}@${of}`),
      )
      .sort(),
  );
  const functions = Object.keys(quiet.resources('AWS::Lambda::Function'));
  for (const [name, metric] of [
    ['function-crashes', 'AWS/Lambda/Errors'],
    ['function-throttles', 'AWS/Lambda/Throttles'],
    ['errors-logged', 'Signalbox/Errors'],
  ] as const) {
    expect(looksAt[name]?.sort()).toEqual(functions.map((path) => `${metric}@${path}`).sort());
  }
});

// What AWS publishes, so that no alarm waits for a metric that never comes: sqs-available-cloudwatch-metrics in SQS's guide,
// monitoring-metrics-types in Lambda's, metrics-dimensions in DynamoDB's.
const published: Record<string, { dimensions: string[]; metrics: string[] }> = {
  'AWS/SQS': {
    dimensions: ['QueueName'],
    metrics: [
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
      'NumberOfMessagesSent',
      'NumberOfMessagesReceived',
      'NumberOfMessagesDeleted',
      'NumberOfEmptyReceives',
      'SentMessageSize',
    ],
  },
  'AWS/Lambda': {
    dimensions: ['FunctionName', 'FunctionName,Resource'],
    metrics: ['Invocations', 'Errors', 'Throttles', 'Duration', 'ConcurrentExecutions'],
  },
  'AWS/DynamoDB': {
    dimensions: ['TableName', 'GlobalSecondaryIndexName,TableName'],
    metrics: [
      'ReadThrottleEvents',
      'WriteThrottleEvents',
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
    ],
  },
};

test('every metric of AWS that an alarm looks at is one that AWS publishes, with these dimensions', () => {
  const looked = alarms(loud)
    .flatMap(({ Metrics = [], ...alarm }) => [
      ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
      ...(alarm.MetricName ? [alarm] : []),
    ])
    .filter(({ Namespace }) => Namespace !== 'Signalbox');
  expect(looked.length).toBeGreaterThan(20);
  for (const { Namespace = '', MetricName, Dimensions = [] } of looked) {
    const { dimensions, metrics } = published[Namespace] ?? { dimensions: [], metrics: [] };
    expect(metrics).toContain(MetricName);
    expect(dimensions).toContain(
      Dimensions.map(({ Name }) => Name)
        .sort()
        .join(),
    );
  }
});

test('no alarm is on more metrics than CloudWatch takes in one', () => {
  for (const alarm of alarms(loud)) expect(metricsOf(loud, alarm).length).toBeLessThanOrEqual(10);
});

test('the dashboard names its region: dashboards are the account’s, and the same stage may be in two regions', () => {
  const [dashboard] = Object.values(loud.resources<{ DashboardName: unknown }>('AWS::CloudWatch::Dashboard'));
  expect(loud.flat(dashboard?.Properties.DashboardName)).toBe('Signalbox-prod-<AWS::Region>');
});

test('docs/cost.md counts the alarms, and the metrics they are on, which is what AWS does', () => {
  const counts = alarms(quiet).map((alarm) => metricsOf(quiet, alarm).length);
  const metrics = counts.reduce((total, count) => total + count, 0);
  const sentence = `${counts.length} alarms on ${metrics} metrics, $0.10 for each metric | ${(metrics / 10).toFixed(2)} |`;
  expect(read('docs/cost.md')).toContain(sentence);
});

test('silence is wrong where something must happen, and elsewhere it is not', () => {
  const breaching = alarms(loud).filter(({ TreatMissingData }) => TreatMissingData === 'breaching');
  expect(breaching.map(({ AlarmName }) => AlarmName).sort()).toEqual([
    'signalbox-prod-canary',
    'signalbox-prod-sweeper-silent',
  ]);
});

test('alarms go to the topic and the address of the settings, and without them only to the dashboard', () => {
  for (const { AlarmActions } of alarms(quiet)) expect(AlarmActions).toBeUndefined();
  for (const { AlarmActions = [] } of alarms(loud)) {
    expect(AlarmActions.map((action) => loud.flat(action))).toEqual([TOPIC, 'Monitoring/Topic']);
  }
  const subscriptions = Object.values(loud.resources<{ Endpoint: string }>('AWS::SNS::Subscription'));
  expect(subscriptions.map(({ Properties }) => Properties.Endpoint)).toEqual(['ops@example.com']);
});

test('a topic of another region is refused before anything is made: alarms can not reach it', () => {
  const rules = Object.values(loud.template.Rules ?? {}).flatMap(({ Assertions }) => Assertions);
  expect(rules).toContainEqual({
    Assert: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
    AssertDescription: expect.stringMatching(/alarmTopicArn is a topic of eu-west-1/),
  });
});

test('CloudWatch may publish to the topic of the address, and use its key: a policy of a topic replaces the one it begins with', () => {
  type Statement = {
    Effect: string;
    Action: string | string[];
    Principal: unknown;
    Condition?: Record<string, Record<string, unknown>>;
  };
  type PolicyProperties = { PolicyDocument: { Statement: Statement[] }; Topics: unknown[] };
  const [topicPolicy] = Object.values(loud.resources<PolicyProperties>('AWS::SNS::TopicPolicy'));
  const [key] = Object.values(loud.resources<{ KeyPolicy: { Statement: Statement[] } }>('AWS::KMS::Key'));
  expect(topicPolicy?.Properties.Topics.map(loud.flat)).toEqual(['Monitoring/Topic']);
  const allowed = (statements: Statement[] = []) =>
    statements
      .filter(
        ({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('cloudwatch'),
      )
      .flatMap(({ Action }) => Action);
  const statements = topicPolicy?.Properties.PolicyDocument.Statement ?? [];
  expect(allowed(statements)).toEqual(['sns:Publish']);
  const from = statements.map(({ Condition }) => loud.flat(Condition?.['ArnLike']?.['aws:SourceArn']));
  expect(from).toContain('arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*');
  expect(allowed(key?.Properties.KeyPolicy.Statement)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});

test('a canary is there where the settings want one, and reads nothing but the admin key', () => {
  expect(Object.keys(quiet.functions())).not.toContain('canary');
  expect(Object.keys(loud.functions())).toContain('canary');
  const policies = Object.entries(
    loud.resources<{ PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } }>(
      'AWS::IAM::Policy',
    ),
  );
  const [, policy] = policies.find(([path]) => path.startsWith('Canary/')) ?? [];
  const rights = policy?.Properties.PolicyDocument.Statement.map(({ Action, Resource }) => [
    Action,
    loud.flat(Resource),
  ]);
  expect(rights).toEqual([
    [['logs:CreateLogStream', 'logs:PutLogEvents'], 'Canary/Canary/Logs.Arn'],
    ['secretsmanager:GetSecretValue', 'AdminKey/Secret'],
  ]);
});

test.each([
  ['alarmEmail', 'nobody', 'an e-mail address'],
  ['alarmTopicArn', 'arn:aws:sqs:eu-west-1:123456789012:pager', 'the ARN of an SNS topic'],
  ['canary', 'yes', 'true or false'],
])('a setting that can not be used is refused: %s', (name, value, rule) => {
  const tryGetContext = (asked: string) => (asked === name ? value : undefined);
  expect(() => readSettings({ tryGetContext }, 'dist')).toThrow(`it must be ${rule}`);
});

test('and it stops the synth', async () => {
  await expect(synthesize({ alarmEmail: 'nobody' })).rejects.toThrow('it must be an e-mail address');
}, 60_000);
