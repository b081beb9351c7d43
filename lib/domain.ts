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
import type { Settings } from './settings.ts';

export interface DomainProps {
  readonly settings: Settings;
  readonly domainName: string;
  readonly certificateArn: string;
  readonly gateway: Gateway;
}

/** A name of the operator's for the API, with a certificate of this region. */
export class Domain extends Construct {
  /** What the name must lead to, where this stack does not see to it. */
  readonly target: string;

  constructor(scope: Construct, id: string, { settings, domainName, certificateArn, gateway }: DomainProps) {
    super(scope, id);
    const domain = new CfnDomainName(this, 'Name', {
      domainName,
      domainNameConfigurations: [{ certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' }],
    });
    const { apiId, stageName: stage } = gateway;
    new CfnApiMapping(this, 'Mapping', { apiId, stage, domainName: domain.ref });
    this.target = domain.attrRegionalDomainName;
    leadTo(this, settings, new ApiGatewayv2DomainProperties(this.target, domain.attrRegionalHostedZoneId));
  }
}

/** Records in the hosted zone of the settings, where they name one. */
export function leadTo(scope: Construct, settings: Settings, target: IAliasRecordTarget): void {
  const { domainName, hostedZoneId } = settings;
  if (hostedZoneId === undefined || domainName === undefined) return;
  const zone = HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId, zoneName: domainName });
  const record = { zone, recordName: `${domainName}.`, target: RecordTarget.fromAlias(target) };
  new ARecord(scope, 'Ipv4', record);
  new AaaaRecord(scope, 'Ipv6', record);
}
