import { lint } from '../support/cfn-lint.ts';
import { describeNeeding } from '../support/needs.ts';
import { synthesize } from '../support/template.ts';

// Settings that no emulator deploys as AWS does, and the others: each template by the schemas of CloudFormation.

const certificate = (region: string) =>
  `arn:aws:acm:${region}:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef`;
const domain = { domainName: 'signalbox.example.com', hostedZoneId: 'Z0123456789ABC' };
const network = {
  allowedAddresses: '10.0.0.0/8,fd00::/8',
  subnetIds: 'subnet-0a1b2c3d4e5f60718,subnet-11111111',
  securityGroupIds: 'sg-0a1b2c3d4e5f60718',
};
const alarms = { alarmEmail: 'ops@example.com', alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager' };
const acl = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/01234567-89ab-cdef-0123-456789abcdef';

const deployments: [name: string, region: string, context: Record<string, unknown>][] = [
  ['without settings', 'us-east-1', {}],
  ['a REST API, canary and alarms', 'us-east-1', { api: 'rest', canary: 'true', ...alarms }],
  ['a network and a name', 'eu-west-1', { ...network, ...domain, certificateArn: certificate('eu-west-1') }],
  [
    'a REST API with a name',
    'eu-west-1',
    { api: 'rest', ...domain, certificateArn: certificate('eu-west-1'), retainData: 'false' },
  ],
  [
    'a firewall of ours before an HTTP API',
    'us-east-1',
    { ...domain, certificateArn: certificate('us-east-1'), firewall: 'managed' },
  ],
  [
    'a given firewall before a REST API in a network',
    'eu-west-1',
    { api: 'rest', ...network, ...domain, certificateArn: certificate('us-east-1'), firewall: acl },
  ],
];

describeNeeding('cfnLint')('cfn-lint finds nothing in a deployment with', () => {
  test.each(deployments)(
    '%s',
    async (_, region, context) => {
      const { template } = await synthesize(context);
      expect(lint(template, region)).toEqual([]);
    },
    120_000,
  );

  test('(it does find what is wrong)', async () => {
    const { template } = await synthesize();
    const [id] = Object.entries(template.Resources).find(([, { Type }]) => Type === 'AWS::SQS::Queue') ?? [];
    const planted = structuredClone(template);
    (planted.Resources[id ?? '']?.Properties as Record<string, unknown>)['VisibilityTimeout'] = 50_000;
    expect(lint(planted, 'us-east-1')).toEqual([expect.stringContaining('50000 is greater than')]);
  }, 120_000);
});
