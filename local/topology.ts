import { SLACK_API_URL } from '../core/actions/slack.ts';
import type { AdminEnv } from '../lambdas/admin/env.ts';
import type { AuthorizerEnv } from '../lambdas/authorizer/env.ts';
import type { DispatcherEnv } from '../lambdas/dispatcher/env.ts';
import type { IngestEnv } from '../lambdas/ingest/env.ts';
import type { MatcherEnv } from '../lambdas/matcher/env.ts';
import type { SweeperEnv } from '../lambdas/sweeper/env.ts';

/*
 * What the stack deploys, as the local runtime builds it. test/infra/topology.test.ts holds every line of this
 * file against the synthesized template, so a change on one side only does not pass.
 */

export const region = 'us-east-1';
export const accountId = '000000000000';
const stage = 'local';

export const queueArn = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;

/** The parts of a running deployment that its functions are told of. */
export interface LocalParts {
  tableName: string;
  queueUrls: Record<WorkQueueName, string>;
  eventsDeadLettersUrl: string;
  deliveriesDeadLettersUrl: string;
  adminKeySecretId: string;
  allowedAddresses: string;
}

export const adminKeySecretName = `signalbox/${stage}/admin-key`;
const teamSecretPrefix = `signalbox/${stage}/team/`;

interface KeyAttribute {
  name: string;
  type: 'S' | 'N';
}
interface KeySchema {
  hash: KeyAttribute;
  range: KeyAttribute;
}

const text = (name: string): KeyAttribute => ({ name, type: 'S' });
const number = (name: string): KeyAttribute => ({ name, type: 'N' });

export const table: { name: string; keys: KeySchema; indexes: Record<string, KeySchema> } = {
  name: `signalbox-${stage}`,
  keys: { hash: text('pk'), range: text('sk') },
  indexes: {
    due: { hash: text('dueShard'), range: number('sweepAt') },
    'by-team': { hash: text('team'), range: number('historyAtMs') },
    'by-automation': { hash: text('automationId'), range: number('historyAtMs') },
  },
};

export interface LocalQueue {
  name: string;
  attributes: Record<string, string>;
  deadLetters: { name: string; attributes: Record<string, string> };
  maxReceiveCount: number;
}

const days = (count: number) => String(count * 24 * 60 * 60);
const size = { MaximumMessageSize: '262144' };
const fifo = {
  FifoQueue: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
};

export const queues = {
  events: {
    name: `signalbox-${stage}-events.fifo`,
    attributes: { ...size, ...fifo, VisibilityTimeout: '180', MessageRetentionPeriod: days(4) },
    deadLetters: {
      name: `signalbox-${stage}-events-dlq.fifo`,
      attributes: { ...size, ...fifo, MessageRetentionPeriod: days(14) },
    },
    maxReceiveCount: 10,
  },
  deliveries: {
    name: `signalbox-${stage}-deliveries`,
    attributes: { ...size, VisibilityTimeout: '360', MessageRetentionPeriod: days(4) },
    deadLetters: {
      name: `signalbox-${stage}-deliveries-dlq`,
      attributes: { ...size, MessageRetentionPeriod: days(14) },
    },
    maxReceiveCount: 10,
  },
} as const satisfies Record<string, LocalQueue>;

export type WorkQueueName = keyof typeof queues;

export interface LocalFunction {
  timeoutSeconds: number;
  memoryMb: number;
  environment: (parts: LocalParts) => Record<string, string>;
}

export const functions = {
  authorizer: {
    timeoutSeconds: 5,
    memoryMb: 256,
    environment: ({ tableName, adminKeySecretId }): AuthorizerEnv => ({
      TABLE_NAME: tableName,
      ADMIN_KEY_SECRET_ID: adminKeySecretId,
    }),
  },
  ingest: {
    timeoutSeconds: 15,
    memoryMb: 512,
    environment: ({ tableName, adminKeySecretId, queueUrls }): IngestEnv => ({
      TABLE_NAME: tableName,
      ADMIN_KEY_SECRET_ID: adminKeySecretId,
      EVENTS_QUEUE_URL: queueUrls.events,
    }),
  },
  matcher: {
    timeoutSeconds: 30,
    memoryMb: 512,
    environment: ({ tableName, queueUrls }): MatcherEnv => ({
      TABLE_NAME: tableName,
      HISTORY_DAYS: '90',
      DELIVERIES_QUEUE_URL: queueUrls.deliveries,
    }),
  },
  dispatcher: {
    timeoutSeconds: 60,
    memoryMb: 512,
    environment: ({ tableName, queueUrls, allowedAddresses }): DispatcherEnv => ({
      TABLE_NAME: tableName,
      HISTORY_DAYS: '90',
      DELIVERIES_QUEUE_URL: queueUrls.deliveries,
      ALLOWED_ADDRESSES: allowedAddresses,
      SLACK_API_URL,
    }),
  },
  sweeper: {
    timeoutSeconds: 55,
    memoryMb: 256,
    environment: (parts): SweeperEnv => ({
      TABLE_NAME: parts.tableName,
      HISTORY_DAYS: '90',
      DELIVERIES_QUEUE_URL: parts.queueUrls.deliveries,
      DELIVERIES_DEAD_LETTERS_URL: parts.deliveriesDeadLettersUrl,
      EVENTS_QUEUE_URL: parts.queueUrls.events,
      EVENTS_DEAD_LETTERS_URL: parts.eventsDeadLettersUrl,
    }),
  },
  admin: {
    timeoutSeconds: 15,
    memoryMb: 512,
    environment: ({ tableName, adminKeySecretId, queueUrls, allowedAddresses }): AdminEnv => ({
      TABLE_NAME: tableName,
      HISTORY_DAYS: '90',
      ADMIN_KEY_SECRET_ID: adminKeySecretId,
      SECRET_NAME_PREFIX: teamSecretPrefix,
      DELIVERIES_QUEUE_URL: queueUrls.deliveries,
      ALLOWED_ADDRESSES: allowedAddresses,
    }),
  },
} as const satisfies Record<string, LocalFunction>;

export type FunctionName = keyof typeof functions;
export const functionNames = Object.keys(functions) as FunctionName[];

export interface Mapping {
  queue: WorkQueueName;
  function: FunctionName;
  batchSize: number;
  maxConcurrency: number;
  reportBatchItemFailures: boolean;
}

export const mappings: readonly Mapping[] = [
  { queue: 'events', function: 'matcher', batchSize: 10, maxConcurrency: 50, reportBatchItemFailures: true },
  {
    queue: 'deliveries',
    function: 'dispatcher',
    batchSize: 10,
    maxConcurrency: 50,
    reportBatchItemFailures: true,
  },
];

export interface Route {
  /** As API Gateway writes it: a method or ANY, a space, a path that may end in a greedy variable. */
  key: string;
  function: FunctionName;
  /** Asks the authorizer for nobody. */
  isPublic?: true;
}

export const routes: readonly Route[] = [
  { key: 'POST /v1/events', function: 'ingest' },
  { key: 'ANY /v1/{proxy+}', function: 'admin' },
  { key: 'GET /v1/openapi.json', function: 'admin', isPublic: true },
];

/** Asked before every route that is not public. */
export const authorizer: { function: FunctionName; identitySources: readonly string[]; ttlSeconds: number } =
  {
    function: 'authorizer',
    identitySources: ['$request.header.Authorization', '$context.routeKey'],
    ttlSeconds: 30,
  };

export const schedules: readonly { function: FunctionName; rate: string; everySeconds: number }[] = [
  { function: 'sweeper', rate: 'rate(1 minute)', everySeconds: 60 },
];
