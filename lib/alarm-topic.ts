import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Aws, RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { onlyIn, regionOf } from './only-in.ts';
import type { Settings } from './settings.ts';

/** Where alarms go, as the settings say: to a topic that exists, to one of our own with an address, or nowhere. */
export function alarmActions(scope: Construct, { alarmTopicArn, alarmEmail }: Settings): SnsAction[] {
  const topics: ITopic[] = [];
  if (alarmTopicArn) topics.push(givenTopic(scope, alarmTopicArn));
  if (alarmEmail) topics.push(topicFor(scope, alarmEmail));
  return topics.map((topic) => new SnsAction(topic));
}

function givenTopic(scope: Construct, arn: string): ITopic {
  const region = regionOf(arn);
  onlyIn(
    scope,
    region,
    `alarmTopicArn is a topic of ${region}, and alarms reach those of their own region only: deploy there, or give another.`,
  );
  return Topic.fromTopicArn(scope, 'GivenTopic', arn);
}

const anyAlarm = `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:*`;
const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');

/** Encrypted with a key of its own: CloudWatch may not use the one that SNS brings. */
function topicFor(scope: Construct, email: string): Topic {
  const key = new Key(scope, 'TopicKey', {
    description: 'Encrypts the alarms of Signalbox on their way to an address.',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [cloudWatch],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
    }),
  );
  const topic = new Topic(scope, 'Topic', { masterKey: key, enforceSSL: true });
  // The policy that asks for TLS stands in the place of SNS's own, by which CloudWatch might publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [cloudWatch],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { ArnLike: { 'aws:SourceArn': anyAlarm } },
    }),
  );
  topic.addSubscription(new EmailSubscription(email));
  return topic;
}
