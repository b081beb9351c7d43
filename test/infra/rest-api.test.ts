import { type Synthesized, synthesizeAll } from '../support/template.ts';

// The setting `api: rest`: the same routes to the same functions, through the other kind of API Gateway.

let http: Synthesized;
let rest: Synthesized;

beforeAll(async () => {
  [http, rest] = await synthesizeAll([{}, { api: 'rest' }]);
}, 120_000);

const all = <Properties>(stack: Synthesized, type: string) =>
  Object.entries(stack.resources<Properties>(type)).map(([path, { Properties }]) => ({
    path,
    ...Properties,
  }));

/** The function behind an integration, by its construct path. */
const functionIn = (stack: Synthesized, uri: unknown) =>
  /(\w+\/\w+)\/Function\.Arn/.exec(stack.flat(uri))?.[1] ?? stack.flat(uri);

function routesOfHttp(): string[] {
  const integrations = http.resources<{ IntegrationUri: unknown }>('AWS::ApiGatewayV2::Integration');
  return all<{ RouteKey: string; Target: unknown }>(http, 'AWS::ApiGatewayV2::Route').map(
    ({ RouteKey, Target }) => {
      const integration = integrations[http.flat(Target).replace('integrations/', '')];
      return `${RouteKey} → ${functionIn(http, integration?.Properties.IntegrationUri)}`;
    },
  );
}

function routesOfRest(): string[] {
  type Part = { ParentId: unknown; PathPart: string };
  const parts = rest.resources<Part>('AWS::ApiGateway::Resource');
  const pathOf = (id: string): string => {
    const part = parts[id]?.Properties;
    return part ? `${pathOf(rest.flat(part.ParentId))}/${part.PathPart}` : '';
  };
  type Method = { HttpMethod: string; ResourceId: unknown; Integration: { Uri: unknown } };
  return all<Method>(rest, 'AWS::ApiGateway::Method').map(
    ({ HttpMethod, ResourceId, Integration }) =>
      `${HttpMethod} ${pathOf(rest.flat(ResourceId))} → ${functionIn(rest, Integration.Uri)}`,
  );
}

test('it serves the routes of the HTTP API, each by the same function', () => {
  expect(routesOfRest()).toHaveLength(3);
  expect(routesOfRest().toSorted()).toEqual(routesOfHttp().toSorted());
});

test('the functions judge the keys: there is no authorizer, and the gateway asks for the header', () => {
  expect(Object.keys(rest.functions())).not.toContain('authorizer');
  const asked = all<{ RequestParameters?: object }>(rest, 'AWS::ApiGateway::Method').map((method) => {
    expect(method).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY' } });
    return [method.path, method.RequestParameters, 'RequestValidatorId' in method];
  });
  const header = { 'method.request.header.Authorization': true };
  expect(asked).toEqual([
    ['RestApi/Api/Default/v1/events/POST', header, true],
    ['RestApi/Api/Default/v1/{proxy+}/ANY', header, true],
    ['RestApi/Api/Default/v1/openapi.json/GET', undefined, false],
  ]);
  const [answer] = all<{ ResponseTemplates: Record<string, string> }>(
    rest,
    'AWS::ApiGateway::GatewayResponse',
  );
  expect(answer).toMatchObject({ ResponseType: 'BAD_REQUEST_PARAMETERS', StatusCode: '401' });
  expect(JSON.parse(answer?.ResponseTemplates['application/json'] ?? '')).toMatchObject({
    code: 'unauthorized',
  });
});

test('bodies come as bytes, requests are limited, and each leaves one line without header or query', () => {
  expect(all(rest, 'AWS::ApiGateway::RestApi')).toMatchObject([{ BinaryMediaTypes: ['*/*'] }]);
  const [stage] = all<{ AccessLogSetting: { DestinationArn: unknown; Format: string } }>(
    rest,
    'AWS::ApiGateway::Stage',
  );
  const settings = {
    ThrottlingRateLimit: 1_000,
    ThrottlingBurstLimit: 1_000,
    LoggingLevel: 'ERROR',
    DataTraceEnabled: false,
  };
  expect(stage).toMatchObject({
    MethodSettings: [
      { HttpMethod: '*', ResourcePath: '/*', ...settings },
      { HttpMethod: 'POST', ResourcePath: '/~1v1~1events', ...settings },
    ],
  });
  expect(rest.flat(stage?.AccessLogSetting.DestinationArn)).toContain('RestApi/AccessLog');
  const line: Record<string, string> = JSON.parse(stage?.AccessLogSetting.Format ?? '');
  expect(Object.keys(line)).toEqual(expect.arrayContaining(['requestId', 'routeKey', 'status']));
  expect(Object.values(line).filter((value) => /querystring|header/i.test(value))).toEqual([]);
});

test('all that is not the API is the same', () => {
  const others = ({ template }: Synthesized) =>
    Object.entries(template.Resources)
      .filter(([id, { Type }]) => !/^(HttpApi|RestApi)/.test(id) && !Type.startsWith('AWS::ApiGateway'))
      // An asset's hash is that of its bytes, which are the same; its permission to be called is the API's.
      .map(([id, { Type }]) => `${id} ${Type}`);
  expect(others(rest)).toEqual(others(http));
  expect(Object.keys(rest.template.Outputs)).toEqual(Object.keys(http.template.Outputs));
});

test("AWS's checks find nothing but what is acknowledged, each with its reason", () => {
  const ofApi = rest.acknowledged.filter(({ path }) => path.startsWith('RestApi'));
  expect(ofApi.map(({ id }) => id).sort()).toEqual([
    'AwsSolutions-APIG3',
    'AwsSolutions-APIG4',
    'AwsSolutions-COG4',
  ]);
  for (const { reason } of ofApi) expect(reason.length).toBeGreaterThan(20);
});
