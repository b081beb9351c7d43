import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  paginateListSecrets,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { DeployedResource } from './deployed-stack.ts';

const dynamo = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});
const logs = new CloudWatchLogsClient({});

/** How to see and to remove each kind of thing that may outlive the stack. */
const kinds: Record<
  string,
  { exists: (id: string) => Promise<boolean>; remove: (id: string) => Promise<unknown> }
> = {
  'AWS::DynamoDB::Table': {
    exists: async (TableName) =>
      (await dynamo.send(new DescribeTableCommand({ TableName }))).Table !== undefined,
    remove: async (TableName) => {
      await dynamo.send(new DeleteTableCommand({ TableName }));
      await waitUntilTableNotExists({ client: dynamo, maxWaitTime: 300 }, { TableName });
    },
  },
  'AWS::SecretsManager::Secret': {
    exists: async (SecretId) =>
      (await secrets.send(new DescribeSecretCommand({ SecretId }))).DeletedDate === undefined,
    remove: (SecretId) =>
      secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
  },
  'AWS::Logs::LogGroup': {
    exists: async (logGroupNamePrefix) => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
      return logGroups.some(({ logGroupName }) => logGroupName === logGroupNamePrefix);
    },
    remove: (logGroupName) => logs.send(new DeleteLogGroupCommand({ logGroupName })),
  },
  // The firewall's log. It is listed and left to the operator: no client of S3 for one bucket.
  'AWS::S3::Bucket': { exists: isBucket, remove: async () => {} },
};

/** What a deployment knows: its table, the admin key, the logs, and the secrets that its teams made at run time. */
export class RetainedData {
  readonly #ofStack: DeployedResource[];
  readonly #stage: string;

  constructor(stage: string, resources: DeployedResource[]) {
    this.#ofStack = resources.filter(({ type }) => Object.hasOwn(kinds, type));
    this.#stage = stage;
  }

  get outlivesStack(): boolean {
    return this.#ofStack.every(({ isRetained }) => isRetained);
  }

  /** Lets the table be deleted. */
  async unprotect(): Promise<void> {
    const left = await this.#leftOfStack();
    for (const { physicalId: TableName } of left.filter(({ type }) => type === 'AWS::DynamoDB::Table')) {
      await dynamo.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
      // DynamoDB deletes no table that is still being changed.
      await waitUntilTableExists({ client: dynamo, maxWaitTime: 300, minDelay: 1 }, { TableName });
    }
  }

  /** Removes all of it that is still there. */
  async remove(): Promise<void> {
    for (const { type, physicalId } of await this.#leftOfStack()) await kinds[type]?.remove(physicalId);
    for (const name of await this.#leftOfUpdates()) await kinds['AWS::Logs::LogGroup']?.remove(name);
    for (const name of await this.#leftOfTeams()) await kinds['AWS::SecretsManager::Secret']?.remove(name);
  }

  /** The names of what is there. */
  async left(): Promise<string[]> {
    const ofStack = (await this.#leftOfStack()).map(({ type, physicalId }) =>
      type === 'AWS::S3::Bucket'
        ? `${physicalId} (aws s3 rb --force s3://${physicalId} deletes it)`
        : physicalId,
    );
    return [...ofStack, ...(await this.#leftOfUpdates()), ...(await this.#leftOfTeams())];
  }

  async #leftOfStack(): Promise<DeployedResource[]> {
    const are = await Promise.all(this.#ofStack.map(({ type, physicalId }) => isThere(type, physicalId)));
    return this.#ofStack.filter((_, at) => are[at]);
  }

  /** The logs that updates took out of the stack, such as the canary's. CloudFormation begins all names with the stack's. */
  async #leftOfUpdates(): Promise<string[]> {
    const logGroupNamePrefix = `Signalbox-${this.#stage}-`;
    const names: string[] = [];
    for await (const { logGroups = [] } of paginateDescribeLogGroups(
      { client: logs },
      { logGroupNamePrefix },
    )) {
      names.push(...logGroups.flatMap(({ logGroupName }) => logGroupName ?? []));
    }
    const known = new Set(this.#ofStack.map(({ physicalId }) => physicalId));
    // Behind it stands a construct of ours, whose name begins with a capital: no other stage's name goes on so.
    return names.filter((name) => /^[A-Z]/.test(name.slice(logGroupNamePrefix.length)) && !known.has(name));
  }

  async #leftOfTeams(): Promise<string[]> {
    const prefix = `signalbox/${this.#stage}/team/`;
    const Filters = [{ Key: 'name' as const, Values: [prefix] }];
    const names: string[] = [];
    for await (const { SecretList = [] } of paginateListSecrets({ client: secrets }, { Filters })) {
      names.push(...SecretList.flatMap(({ Name }) => Name ?? []));
    }
    // The filter also takes a beginning of a word.
    return names.filter((name) => name.startsWith(prefix));
  }
}

/** S3 says 404 of a bucket that is not there, and of one that is something else, also to who gives no credentials. */
async function isBucket(name: string): Promise<boolean> {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL = 'https://s3.amazonaws.com' } = process.env;
  const url = `${AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL}/${name}`;
  return (await fetch(url, { method: 'HEAD', redirect: 'manual' })).status !== 404;
}

async function isThere(type: string, id: string): Promise<boolean> {
  try {
    return (await kinds[type]?.exists(id)) === true;
  } catch (error) {
    if (error instanceof Error && /NotFound/.test(error.name)) return false;
    throw error;
  }
}
