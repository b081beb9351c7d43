import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi as Api,
  type CfnStage,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AuthorizerEnv } from '../lambdas/authorizer/env.ts';
import {
  type ApiDoorProps,
  accessLogGroup,
  accessLogLine,
  apiRoutes,
  apiThrottles,
  type Gateway,
} from './api-door.ts';
import { LambdaFunction } from './lambda-function.ts';

// The gateway keeps a verdict this long, and the authorizer for as long again: a revoked key stops within 60 s.
const verdictTtl = Duration.seconds(30);

/** The one door: every route asks the authorizer first, and every request leaves one line in the access log. */
export class HttpApi extends Construct {
  readonly url: string;
  readonly gateway: Gateway;

  constructor(scope: Construct, id: string, props: ApiDoorProps) {
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
    this.#addRoutes(api, props);
    const { others, events } = apiThrottles(props.settings);
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: others,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLogGroup(this, props.settings)),
        format: AccessLogFormat.custom(
          accessLogLine({
            routeKey: '$context.routeKey',
            integrationError: '$context.integrationErrorMessage',
            authorizerError: '$context.authorizer.error',
          }),
        ),
      },
    });
    limitEvents(stage, api, events);
    this.url = api.apiEndpoint;
    this.gateway = { apiId: api.apiId, stageName: stage.stageName, stage };
  }

  #addRoutes(api: Api, props: ApiDoorProps): void {
    const integrations = {
      ingest: new HttpLambdaIntegration('Ingest', props.ingest.lambda),
      admin: new HttpLambdaIntegration('Admin', props.admin.lambda),
    };
    for (const { method, path, function: name, publicBecause: reason } of apiRoutes) {
      const authorizer = reason === undefined ? {} : { authorizer: new HttpNoneAuthorizer() };
      const routes = api.addRoutes({
        path,
        methods: [method],
        integration: integrations[name],
        ...authorizer,
      });
      if (reason === undefined) continue;
      for (const route of routes) Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
    }
  }

  #authorizer({ settings, table, adminKey }: ApiDoorProps): LambdaFunction {
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
    table.keyUseNotedBy(authorizer);
    adminKey.readableBy(authorizer);
    return authorizer;
  }
}

function limitEvents(
  stage: HttpStage,
  api: Api,
  { rateLimit, burstLimit }: { rateLimit: number; burstLimit: number },
): void {
  (stage.node.defaultChild as CfnStage).routeSettings = {
    'POST /v1/events': { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit },
  };
  // AWS refuses the limit of a route that is not there yet.
  stage.node.addDependency(api);
}
