import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Settings } from './settings.ts';

/** What happens to data when its resource leaves the stack: kept, unless the settings let it go. */
export function dataRemovalPolicy(settings: Settings): RemovalPolicy {
  return settings.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}

/** How long every log is kept. */
export function logRetention({ logDays }: Settings): RetentionDays {
  return logDays;
}
