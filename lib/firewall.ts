import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IAliasRecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Duration, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Gateway } from './api-door.ts';
import { onlyIn } from './only-in.ts';
import type { Settings } from './settings.ts';

/** Per address in five minutes. A cluster that trains behind one address stays below, as it posts in batches. */
const requestsPerAddress = 60_000;

/** Those that CloudFront would answer a GET with for 10 s again, whoever asks: a cache policy is not about errors. */
const errorsKept = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];

export interface FirewallProps {
  readonly settings: Settings;
  readonly domainName: string;
  readonly certificateArn: string;
  /** As in the settings: `managed`, or the ARN of a web ACL. */
  readonly firewall: string;
  /** Where the API answers: https://host, and a path where its stage has one. */
  readonly apiUrl: string;
  readonly gateway: Gateway;
}

/** CloudFront before the API, with a web ACL: HTTP APIs can have none of their own. It caches nothing. */
export class Firewall extends Construct {
  readonly target: string;
  readonly alias: IAliasRecordTarget;

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const { settings, domainName, certificateArn, firewall, apiUrl, gateway } = props;
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Signalbox ${settings.stage}`,
      domainNames: [domainName],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      webAclId: firewall === 'managed' ? this.#webAcl() : firewall,
      logBucket: this.#logs(settings),
      defaultBehavior: {
        origin: new HttpOrigin(Fn.select(2, Fn.split('/', apiUrl)), {
          ...(gateway.stageName !== '$default' && { originPath: `/${gateway.stageName}` }),
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        compress: false,
      },
      errorResponses: errorsKept.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    });
    Validations.of(distribution).acknowledge({
      id: 'AwsSolutions-CFR1',
      reason: 'Training runs wherever there are machines: who may call is decided by keys, not by countries.',
    });
    this.target = distribution.distributionDomainName;
    this.alias = new CloudFrontTarget(distribution);
  }

  /** Only sets that leave bodies of any kind alone: events hold what people called their runs. */
  #webAcl(): string {
    onlyIn(
      this,
      'us-east-1',
      'CloudFront takes web ACLs of us-east-1 only: deploy there, or give the ARN of one as -c firewall=<arn>.',
    );
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible('signalbox'),
      rules: [
        {
          name: 'rate',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: requestsPerAddress, aggregateKeyType: 'IP' } },
          visibilityConfig: visible('rate'),
        },
        {
          name: 'reputation',
          priority: 1,
          overrideAction: { none: {} },
          statement: {
            managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesAmazonIpReputationList' },
          },
          visibilityConfig: visible('reputation'),
        },
      ],
    });
    return acl.attrArn;
  }

  /** CloudFormation can't delete a bucket that holds something; its lines go by themselves. */
  #logs(settings: Settings): IBucket {
    const bucket = new Bucket(this, 'Logs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // CloudFront writes its log by ACL.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      enforceSSL: true,
      serverAccessLogsPrefix: 'bucket/',
      lifecycleRules: [{ expiration: Duration.days(settings.logDays) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Its own type lacks exactOptionalPropertyTypes.
    return bucket as IBucket;
  }
}

function visible(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
