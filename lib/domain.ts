import { CfnApiMapping, CfnDomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AaaaRecord,
  ARecord,
  HostedZone,
  type IAliasRecordTarget,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { Gateway } from './api-door.ts';
import { onlyIn, regionOf } from './only-in.ts';
import type { Settings } from './settings.ts';

export interface DomainProps {
  readonly domainName: string;
  readonly certificateArn: string;
  readonly gateway: Gateway;
}

/** A name of the operator's for the API, with a certificate of this region. */
export class Domain extends Construct {
  /** What the name must lead to, where this stack does not see to it. */
  readonly target: string;
  readonly alias: IAliasRecordTarget;

  constructor(scope: Construct, id: string, { domainName, certificateArn, gateway }: DomainProps) {
    super(scope, id);
    const region = regionOf(certificateArn);
    onlyIn(
      this,
      region,
      `The certificate of ${domainName} is of ${region}: deploy there, or give one of the region of the stack as -c certificateArn=<arn>.`,
    );
    const domain = new CfnDomainName(this, 'Name', {
      domainName,
      domainNameConfigurations: [{ certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' }],
    });
    const { apiId, stageName, stage } = gateway;
    const mapping = new CfnApiMapping(this, 'Mapping', { apiId, stage: stageName, domainName: domain.ref });
    mapping.node.addDependency(stage);
    this.target = domain.attrRegionalDomainName;
    this.alias = new ApiGatewayv2DomainProperties(this.target, domain.attrRegionalHostedZoneId);
  }
}

/**
 * Records in the hosted zone of the settings, where they name one. They are called the same with a firewall and without:
 * under another logical id CloudFormation would make them before it deletes the old ones, which Route 53 refuses.
 */
export function leadTo(stack: Construct, settings: Settings, target: IAliasRecordTarget): void {
  const { domainName, hostedZoneId } = settings;
  if (hostedZoneId === undefined || domainName === undefined) return;
  const scope = stack.node.tryFindChild('Domain') ?? new Construct(stack, 'Domain');
  const zone = HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId, zoneName: domainName });
  const record = { zone, recordName: `${domainName}.`, target: RecordTarget.fromAlias(target) };
  new ARecord(scope, 'Ipv4', record);
  new AaaaRecord(scope, 'Ipv6', record);
}
