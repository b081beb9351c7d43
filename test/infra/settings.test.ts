import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNames, readSettings, settingRules } from '../../lib/settings.ts';
import { type Synthesized, synthesize, synthesizeAll } from '../support/template.ts';

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef';
const aclArn = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/01234567-89ab-cdef-0123-456789abcdef';
const domainName = 'signalbox.example.com';
const network = {
  allowedAddresses: '10.0.0.0/8,fd00::/8',
  subnetIds: 'subnet-0a1b2c3d4e5f60718,subnet-11111111',
  securityGroupIds: 'sg-0a1b2c3d4e5f60718',
};

let named: Synthesized;
let guarded: Synthesized;
let even: Synthesized;
let evenRest: Synthesized;

beforeAll(async () => {
  [named, guarded, even, evenRest] = await synthesizeAll([
    {
      stage: 'named',
      domainName,
      certificateArn,
      hostedZoneId: 'Z0123456789ABC',
      eventRequestsPerSecond: 5000,
      ...network,
    },
    {
      ...{ stage: 'guarded', domainName, certificateArn, firewall: 'managed', api: 'rest' },
      ...{ eventRequestsPerSecond: '50', requestsPerSecond: 20 },
    },
    {},
    { api: 'rest' },
  ]);
}, 240_000);

const read = (context: Record<string, unknown>, isEmulated = false) =>
  readSettings({ tryGetContext: (name: string) => context[name] }, 'dist', isEmulated);
/** Which region a deployment must be in, as CloudFormation sees before it makes anything, and what it says elsewhere. */
const rulesOf = ({ template }: Synthesized) =>
  Object.values(template.Rules ?? {})
    .flatMap(({ Assertions }) => Assertions)
    .filter(({ Assert }) => JSON.stringify(Assert).includes('AWS::Region'))
    .map(({ Assert, AssertDescription }) => [Assert['Fn::Equals']?.[1], AssertDescription]);
const outputs = (stack: Synthesized) =>
  Object.fromEntries(
    Object.entries(stack.template.Outputs).map(([name, { Value }]) => [name, stack.flat(Value)]),
  );

describe('limits a second', () => {
  test('of an HTTP API hold for events and for every other route, once the routes are there', () => {
    const { Properties, DependsOn = [] } = named.resources('AWS::ApiGatewayV2::Stage')['HttpApi/Stage']!;
    expect(Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 1_000 },
      RouteSettings: { 'POST /v1/events': { ThrottlingRateLimit: 5_000, ThrottlingBurstLimit: 5_000 } },
    });
    const isRoute = (id: string) => named.template.Resources[id]?.Type === 'AWS::ApiGatewayV2::Route';
    expect(DependsOn.filter(isRoute).length).toBeGreaterThanOrEqual(3);
  });

  test('are said of events also where they are the others’: API Gateway keeps the limit of a route that is said no more', () => {
    const { Properties } = even.resources('AWS::ApiGatewayV2::Stage')['HttpApi/Stage']!;
    const limits = { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 1_000 };
    expect(Properties).toMatchObject({ RouteSettings: { 'POST /v1/events': limits } });
    const [stage] = Object.values(evenRest.resources('AWS::ApiGateway::Stage'));
    expect(stage?.Properties).toMatchObject({
      MethodSettings: expect.arrayContaining([
        expect.objectContaining({ ResourcePath: '/~1v1~1events', HttpMethod: 'POST', ...limits }),
      ]),
    });
  });

  test('of a REST API do as well', () => {
    const [stage] = Object.values(guarded.resources('AWS::ApiGateway::Stage'));
    expect(stage?.Properties).toMatchObject({
      MethodSettings: expect.arrayContaining([
        expect.objectContaining({ ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 20 }),
        expect.objectContaining({
          ResourcePath: '/~1v1~1events',
          HttpMethod: 'POST',
          ThrottlingRateLimit: 50,
        }),
      ]),
    });
  });
});

describe('a deployment in a network', () => {
  type FunctionProperties = { Role: unknown; VpcConfig?: object };
  type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: object };

  test('has its dispatcher there, and no other function', () => {
    const placed = Object.entries(named.functions<FunctionProperties>()).filter(([, one]) => one.VpcConfig);
    expect(placed.map(([name]) => name)).toEqual(['dispatcher']);
    expect(placed[0]?.[1].VpcConfig).toEqual({
      SubnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-11111111'],
      SecurityGroupIds: ['sg-0a1b2c3d4e5f60718'],
      Ipv6AllowedForDualStack: true,
    });
  });

  test('lets Lambda make interfaces with the role, and not the code of the function', () => {
    const statements = Object.values(
      named.resources<{ PolicyDocument: { Statement: Statement[] }; Roles: unknown[] }>('AWS::IAM::Policy'),
    )
      .filter(({ Properties }) => Properties.Roles.map(named.flat).includes('Delivery/Dispatcher/Role'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => JSON.stringify(Action).includes('ec2:'));
    const actions = (effect: string) =>
      statements.filter(({ Effect }) => Effect === effect).flatMap(({ Action }) => Action);
    expect(new Set(actions('Deny'))).toEqual(new Set(actions('Allow')));
    expect(actions('Allow')).toHaveLength(6);
    const [denied] = statements.filter(({ Effect }) => Effect === 'Deny');
    expect(denied).toMatchObject({ Resource: '*', Condition: { ArnEquals: expect.anything() } });
    expect(JSON.stringify(denied?.Condition)).toContain('lambda:SourceFunctionArn');
  });
});

describe('a deployment with a name', () => {
  test('says at once where its certificate can not be used, before anything is made', () => {
    expect(rulesOf(named)).toEqual([
      ['us-east-1', expect.stringMatching(/The certificate of signalbox\.example\.com is of us-east-1: /)],
    ]);
  });

  test('answers under it, and leads to it in the hosted zone', () => {
    const [mapping] = Object.values(named.resources('AWS::ApiGatewayV2::ApiMapping'));
    expect(mapping?.Properties).toMatchObject({ Stage: expect.anything() });
    // CloudFormation would make it before the stage, which API Gateway refuses.
    expect(mapping?.DependsOn?.map((id) => named.template.Resources[id]?.Type)).toContain(
      'AWS::ApiGatewayV2::Stage',
    );
    expect(named.resources('AWS::ApiGatewayV2::DomainName')).toMatchObject({
      'Domain/Name': {
        Properties: {
          DomainName: domainName,
          DomainNameConfigurations: [{ CertificateArn: certificateArn, SecurityPolicy: 'TLS_1_2' }],
        },
      },
    });
    const records = Object.values(named.resources<{ Name: string; Type: string }>('AWS::Route53::RecordSet'));
    expect(records.map(({ Properties }) => [Properties.Name, Properties.Type]).sort()).toEqual([
      [`${domainName}.`, 'A'],
      [`${domainName}.`, 'AAAA'],
    ]);
    expect(outputs(named)).toMatchObject({
      ApiUrl: `https://${domainName}`,
      DomainTarget: 'Domain/Name.RegionalDomainName',
    });
  });
});

describe('a deployment with a firewall', () => {
  type DistributionProperties = { DistributionConfig: Record<string, unknown> };

  test('has CloudFront before the API, which caches nothing and hands the key on', () => {
    const [distribution] = Object.values(
      guarded.resources<DistributionProperties>('AWS::CloudFront::Distribution'),
    );
    expect(distribution?.Properties.DistributionConfig).toMatchObject({
      Aliases: [domainName],
      DefaultCacheBehavior: {
        AllowedMethods: expect.arrayContaining(['POST', 'PATCH', 'DELETE']),
        // AWS's ids of CachingDisabled and AllViewerExceptHostHeader.
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        ViewerProtocolPolicy: 'https-only',
      },
      Origins: [{ OriginPath: '/api' }],
      ViewerCertificate: { AcmCertificateArn: certificateArn, MinimumProtocolVersion: 'TLSv1.2_2021' },
    });
    expect(guarded.flat(distribution?.Properties.DistributionConfig['WebACLId'])).toBe('Firewall/Acl.Arn');
    expect(guarded.resources('AWS::ApiGatewayV2::DomainName')).toEqual({});
    expect(outputs(guarded)).toMatchObject({
      ApiUrl: `https://${domainName}`,
      DomainTarget: 'Firewall/Distribution.DomainName',
    });
  });

  test('does not keep errors either: what is in a cache has no key, and another caller’s 404 is not mine', () => {
    const [distribution] = Object.values(
      guarded.resources<DistributionProperties>('AWS::CloudFront::Distribution'),
    );
    // All that CloudFront can be told about; without that it keeps those of a GET for 10 s, whatever its cache policy.
    const told = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];
    expect(distribution?.Properties.DistributionConfig['CustomErrorResponses']).toEqual(
      told.map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
    );
  });

  test('looks into no body: events may hold any text', () => {
    const [acl] = Object.values(guarded.resources('AWS::WAFv2::WebACL'));
    const groups = JSON.stringify(acl).match(/AWSManagedRules\w+/g);
    expect(groups).toEqual(['AWSManagedRulesAmazonIpReputationList']);
  });

  test('says at once where its own web ACL can not be', () => {
    expect(rulesOf(guarded)).toEqual([['us-east-1', expect.stringMatching(/web ACLs of us-east-1 only/)]]);
  });
});

test("AWS's checks find nothing else in what the settings add", () => {
  const added = [named, guarded].flatMap(({ acknowledged }) => acknowledged);
  const ids = added.map(({ path, id }) => `${path} ${id}`).filter((one) => /ec2:|::\*\]|CFR/.test(one));
  expect(ids.sort()).toEqual([
    'Delivery/Dispatcher AwsSolutions-IAM5[Resource::*]',
    'Delivery/Dispatcher AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]',
    'Firewall/Distribution AwsSolutions-CFR1',
  ]);
});

describe('the settings', () => {
  test('of a network may be left away on an emulator', () => {
    expect(read({ allowedAddresses: '10.0.0.0/8' }, true).subnetIds).toEqual([]);
    expect(read(network).subnetIds).toHaveLength(2);
    expect(read({ allowedAddresses: '8.8.8.8/32' }).subnetIds).toEqual([]);
  });

  test.each(['managed', aclArn])('take the firewall %s', (firewall) => {
    expect(read({ domainName, certificateArn, firewall })).toMatchObject({ firewall });
  });

  test.each<[string, object]>([
    ['subnetIds', { subnetIds: 'net-1' }],
    ['subnetIds', { allowedAddresses: '10.0.0.0/8' }],
    ['subnetIds', { allowedAddresses: '8.8.8.8/32,fd12::/16' }],
    ['subnetIds', { securityGroupIds: 'sg-11111111' }],
    ['securityGroupIds', { subnetIds: 'subnet-11111111' }],
    ['securityGroupIds', { subnetIds: 'subnet-11111111', securityGroupIds: 'default' }],
    ['domainName', { domainName: 'https://signalbox.example.com' }],
    ['domainName', { domainName: 'signalbox', certificateArn }],
    ['domainName', { certificateArn }],
    ['domainName', { hostedZoneId: 'Z0123456789ABC' }],
    ['domainName', { firewall: aclArn, certificateArn }],
    ['certificateArn', { domainName }],
    ['certificateArn', { domainName, certificateArn: 'certificate/1' }],
    [
      'certificateArn',
      { domainName, certificateArn: certificateArn.replace('us-east-1', 'eu-west-1'), firewall: 'managed' },
    ],
    ['eventRequestsPerSecond', { eventRequestsPerSecond: '0' }],
    ['requestsPerSecond', { requestsPerSecond: 10_001 }],
    ['requestsPerSecond', { requestsPerSecond: '10/s' }],
    ['hostedZoneId', { domainName, certificateArn, hostedZoneId: 'example.com' }],
    ['firewall', { domainName, certificateArn, firewall: 'true' }],
    ['firewall', { domainName, certificateArn, firewall: aclArn.replace('us-east-1', 'eu-west-1') }],
  ])('refuse %s in %j, with a way out', (name, context) => {
    const sentence = new RegExp(`^The setting "${name}" is .*, but it must be .*"-c ${name}=…"`);
    expect(() => read({ ...context })).toThrow(sentence);
  });
});

describe('a name in the context that is no setting', () => {
  test.each(['stge', 'alarmemail', 'retain_data'])(
    '%s stops the synth, with those that there are',
    async (name) => {
      const sentence = new RegExp(
        `There is no setting "${name}"\\. There are: stage, .*, retainData\\..*-c ${name}=…`,
      );
      expect(() => checkNames(['stage', name])).toThrow(sentence);
    },
  );

  test('and that by the app itself', async () => {
    await expect(synthesize({ stge: 'prod' })).rejects.toThrow('There is no setting "stge"');
  }, 60_000);

  test('may be one of the CDK’s or of another tool', () => {
    const others = ['@aws-cdk/aws-iam:minimizePolicies', 'aws:cdk:enable-path-metadata', 'cli-telemetry'];
    const ours = ['tableIndexes', ...Object.keys(settingRules)];
    expect(() => checkNames([...others, ...ours])).not.toThrow();
  });
});

describe('docs/settings.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/settings.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| [^|]+ \|$/gm)].map(
    ([, name = '', byDefault = '', rule = '']) => [name, byDefault, rule],
  );

  test('has a row for each setting, with its default and its rule', () => {
    const wanted = Object.entries(settingRules).map(([name, { schema, rule }]) => {
      const value = schema.parse(undefined);
      const isNone = value === undefined || (Array.isArray(value) && value.length === 0);
      return [name, isNone ? 'none' : `\`${value}\``, rule];
    });
    expect(rows.sort()).toEqual(wanted.sort());
  });

  test('shows commands whose settings can be used', () => {
    const commands = [...page.matchAll(/^npx cdk deploy((?:.*\\\n)*.*)$/gm)];
    expect(commands.length).toBeGreaterThanOrEqual(3);
    for (const [, options = ''] of commands) {
      const given = [...options.matchAll(/-c (\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
      const context: Record<string, string> = Object.fromEntries(given);
      expect(Object.keys(context).filter((name) => !Object.hasOwn(settingRules, name))).toEqual([]);
      expect(read(context)).toMatchObject({ stage: context['stage'] ?? 'dev' });
    }
  });
});
