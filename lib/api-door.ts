import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IDependable } from 'constructs';
import type { AdminKey } from './admin-key.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { dataRemovalPolicy, logRetention } from './retention.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';

/** What a door to the API needs, whichever kind of API Gateway it is. */
export interface ApiDoorProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly adminKey: AdminKey;
  readonly ingest: LambdaFunction;
  readonly admin: LambdaFunction;
}

interface ApiRoute {
  readonly method: HttpMethod;
  readonly path: string;
  readonly function: 'ingest' | 'admin';
  /** Why it needs no key. */
  readonly publicBecause?: string;
}

/** Every route, and the function behind it. */
export const apiRoutes: readonly ApiRoute[] = [
  { method: HttpMethod.POST, path: '/v1/events', function: 'ingest' },
  { method: HttpMethod.ANY, path: '/v1/{proxy+}', function: 'admin' },
  {
    method: HttpMethod.GET,
    path: '/v1/openapi.json',
    function: 'admin',
    publicBecause: 'The description of the API is the same for every deployment, and public.',
  },
];

/** Where API Gateway has an API: what a name of the operator's leads to. */
export interface Gateway {
  readonly apiId: string;
  readonly stageName: string;
  /** Its name does not lead CloudFormation to it: who needs the stage must wait for it. */
  readonly stage: IDependable;
}

interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

const perSecond = (limit: number): Throttle => ({ rateLimit: limit, burstLimit: limit });

/**
 * What holds for the route of events, and for every other. Also where they are the same both are said: API Gateway keeps
 * a route's limit that a later deployment leaves out.
 */
export function apiThrottles({ eventRequestsPerSecond: events, requestsPerSecond: others }: Settings) {
  return { others: perSecond(others), events: perSecond(events) };
}

/** A line of the access log, as API Gateway fills it in. No query string and no header: those may hold what a user typed. */
export function accessLogLine(ofGateway: Record<string, string>): string {
  return JSON.stringify({
    stage: 'request.served',
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    path: '$context.path',
    status: '$context.status',
    ms: '$context.responseLatency',
    ...ofGateway,
  });
}

export function accessLogGroup(scope: Construct, settings: Settings): LogGroup {
  return new LogGroup(scope, 'AccessLog', {
    retention: logRetention(settings),
    removalPolicy: dataRemovalPolicy(settings),
  });
}
