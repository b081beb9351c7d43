import { lint } from '../support/cfn-lint.ts';
import { describeNeeding } from '../support/needs.ts';
import { synthesizeAll } from '../support/template.ts';

// Settings that no emulator deploys as AWS does, and the others: each template by the schemas of CloudFormation.

const domain = {
  domainName: 'signalbox.example.com',
  hostedZoneId: 'Z0123456789ABC',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
};
const network = {
  allowedAddresses: '10.0.0.0/8,fd00::/8',
  subnetIds: 'subnet-0a1b2c3d4e5f60718,subnet-11111111',
  securityGroupIds: 'sg-0a1b2c3d4e5f60718',
};
const alarms = { alarmEmail: 'ops@example.com', alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager' };
const acl = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/01234567-89ab-cdef-0123-456789abcdef';

const deployments = {
  'without settings': {},
  'a REST API, canary and alarms': { api: 'rest', canary: 'true', ...alarms },
  'a network and a name': { ...network, ...domain },
  'a REST API with a name': { api: 'rest', ...domain, retainData: 'false' },
  'a firewall of ours before an HTTP API': { ...domain, firewall: 'managed' },
  'a given firewall before a REST API in a network': { api: 'rest', ...network, ...domain, firewall: acl },
};

describeNeeding('cfnLint')('cfn-lint finds nothing in a deployment with', () => {
  let findings: Record<string, string[]>;
  beforeAll(async () => {
    const stacks = await synthesizeAll(Object.values(deployments));
    const templates = Object.keys(deployments).map((name, at) => [name, stacks[at]?.template ?? {}] as const);
    const planted = structuredClone(stacks[0]?.template);
    const queue = Object.values(planted?.Resources ?? {}).find(({ Type }) => Type === 'AWS::SQS::Queue');
    (queue?.Properties as Record<string, unknown>)['VisibilityTimeout'] = 50_000;
    findings = lint({ ...Object.fromEntries(templates), planted: planted ?? {} }, ['us-east-1', 'eu-west-1']);
  }, 240_000);

  test.each(Object.keys(deployments))('%s', (name) => {
    expect(findings[name]).toEqual([]);
  });

  test('(it does find what is wrong)', () => {
    expect(findings['planted']?.length).toBeGreaterThan(0);
    for (const finding of findings['planted'] ?? []) expect(finding).toContain('50000 is greater than');
  });
});
