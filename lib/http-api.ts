import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi as Api,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AuthorizerEnv } from '../lambdas/authorizer/env.ts';
import type { AdminKey } from './admin-key.ts';
import type { Gateway } from './domain.ts';
import { LambdaFunction } from './lambda-function.ts';
import { dataRemovalPolicy, logRetention } from './retention.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';

// Below what a new account's other APIs share; a request carries up to thousands of points.
const throttle = { rateLimit: 1_000, burstLimit: 1_000 };
// The gateway keeps a verdict this long, and the authorizer for as long again: a revoked key stops within 60 s.
const verdictTtl = Duration.seconds(30);

// No query string and no header: those may hold what a user typed.
const accessLogLine = JSON.stringify({
  stage: 'request.served',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  ms: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
  authorizerError: '$context.authorizer.error',
});

export interface HttpApiProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly adminKey: AdminKey;
  readonly ingest: LambdaFunction;
  readonly admin: LambdaFunction;
}

/** The one door: every route asks the authorizer first, and every request leaves one line in the access log. */
export class HttpApi extends Construct {
  readonly url: string;
  readonly gateway: Gateway;

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id);
    const api = new Api(this, 'Api', {
      apiName: `signalbox-${props.settings.stage}`,
      createDefaultStage: false,
      defaultAuthorizer: new HttpLambdaAuthorizer('ApiKeys', this.#authorizer(props).lambda, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        // With the route in the identity, a verdict about one route is never served for another.
        identitySource: ['$request.header.Authorization', '$context.routeKey'],
        resultsCacheTtl: verdictTtl,
      }),
    });
    api.addRoutes({
      path: '/v1/events',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Ingest', props.ingest.lambda),
    });
    const admin = new HttpLambdaIntegration('Admin', props.admin.lambda);
    api.addRoutes({ path: '/v1/{proxy+}', methods: [HttpMethod.ANY], integration: admin });
    const [document] = api.addRoutes({
      path: '/v1/openapi.json',
      methods: [HttpMethod.GET],
      integration: admin,
      authorizer: new HttpNoneAuthorizer(),
    });
    if (document) {
      Validations.of(document).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'The description of the API is the same for every deployment, and public.',
      });
    }
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetention(props.settings),
      removalPolicy: dataRemovalPolicy(props.settings),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(accessLogLine),
      },
    });
    this.url = api.apiEndpoint;
    this.gateway = { apiId: api.apiId, stageName: stage.stageName };
  }

  #authorizer({ settings, table, adminKey }: HttpApiProps): LambdaFunction {
    const authorizer = new LambdaFunction(this, 'Authorizer', {
      settings,
      name: 'authorizer',
      description: 'Says whether an API key may use a route.',
      environment: {
        TABLE_NAME: table.name,
        ADMIN_KEY_SECRET_ID: adminKey.secretId,
      } satisfies AuthorizerEnv,
    });
    authorizer.allow(['dynamodb:GetItem'], table.arn);
    adminKey.readableBy(authorizer);
    return authorizer;
  }
}
