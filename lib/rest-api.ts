import {
  AccessLogFormat,
  RestApi as Api,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseType,
} from 'aws-cdk-lib/aws-apigateway';
import { Aws, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  type ApiDoorProps,
  accessLogGroup,
  accessLogLine,
  apiRoutes,
  apiThrottles,
  type Gateway,
} from './api-door.ts';

const stageName = 'api';

// What the functions answer to a request without a key, said by the gateway.
const noKey = {
  type: 'urn:signalbox:problem:unauthorized',
  title: 'unauthorized',
  status: 401,
  code: 'unauthorized',
  detail: 'the Authorization header is missing or is not `Bearer <key>`',
  hint: 'send a key of this deployment as `Authorization: Bearer <key>`',
};

/**
 * The same door as HttpApi on a REST API, for emulators that serve no other and for accounts that want a WAF before
 * it. No authorizer stands in front: the functions judge every key themselves.
 */
export class RestApi extends Construct {
  readonly url: string;
  readonly gateway: Gateway;

  constructor(scope: Construct, id: string, props: ApiDoorProps) {
    super(scope, id);
    const { others, events } = apiThrottles(props.settings);
    const api = new Api(this, 'Api', {
      restApiName: `signalbox-${props.settings.stage}`,
      // Every body in base64: as text, one that is compressed would not survive.
      binaryMediaTypes: ['*/*'],
      deployOptions: {
        stageName,
        throttlingRateLimit: others.rateLimit,
        throttlingBurstLimit: others.burstLimit,
        methodOptions: { '/v1/events/POST': { ...limitsOf(events), loggingLevel: MethodLoggingLevel.ERROR } },
        // Of the gateway's own log only errors: its lines for each request would cost more than the request.
        loggingLevel: MethodLoggingLevel.ERROR,
        accessLogDestination: new LogGroupLogDestination(accessLogGroup(this, props.settings)),
        accessLogFormat: AccessLogFormat.custom(
          accessLogLine({
            routeKey: '$context.httpMethod $context.resourcePath',
            integrationError: '$context.integration.error',
          }),
        ),
      },
    });
    // Its own output would stand beside the stack's.
    api.node.tryRemoveChild('Endpoint');
    this.#addRoutes(api, props);
    this.gateway = { apiId: api.restApiId, stageName, stage: api.deploymentStage };
    this.url = `https://${api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${stageName}`;
  }

  #addRoutes(api: Api, props: ApiDoorProps): void {
    const requestValidator = api.addRequestValidator('HasKey', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    api.addGatewayResponse('NoKey', {
      type: ResponseType.BAD_REQUEST_PARAMETERS,
      statusCode: '401',
      templates: { 'application/json': JSON.stringify(noKey) },
    });
    const keyed = { requestValidator, requestParameters: { 'method.request.header.Authorization': true } };
    for (const { method, path, function: name, publicBecause } of apiRoutes) {
      const integration = new LambdaIntegration(props[name].lambda, { allowTestInvoke: false });
      api.root.resourceForPath(path).addMethod(method, integration, publicBecause === undefined ? keyed : {});
    }
    for (const [id, reason] of Object.entries(acknowledged)) Validations.of(api).acknowledge({ id, reason });
  }
}

const acknowledged = {
  'AwsSolutions-APIG3':
    'A firewall costs more than this API at most loads, so it is for the operator to put in front.',
  'AwsSolutions-APIG4':
    'The functions judge the key of every request themselves, by the same code as the authorizer.',
  'AwsSolutions-COG4': 'Callers are programs with keys of Signalbox, not people of a user pool.',
};

function limitsOf({ rateLimit, burstLimit }: { rateLimit: number; burstLimit: number }) {
  return { throttlingRateLimit: rateLimit, throttlingBurstLimit: burstLimit };
}
