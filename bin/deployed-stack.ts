import {
  CloudFormationClient,
  DeleteStackCommand,
  GetTemplateCommand,
  paginateListStackResources,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';

const DELETION_SECONDS = 15 * 60;

export interface DeployedResource {
  logicalId: string;
  type: string;
  physicalId: string;
  /** It outlives the stack. */
  isRetained: boolean;
}

/** The stack of one stage, as it is deployed; a missing one has no resources. */
export class DeployedStack {
  readonly name: string;
  readonly #client = new CloudFormationClient({});

  constructor(stage: string) {
    this.name = `Signalbox-${stage}`;
  }

  async resources(): Promise<DeployedResource[]> {
    const pages = paginateListStackResources({ client: this.#client }, { StackName: this.name });
    const policies = await this.#deletionPolicies();
    const resources: DeployedResource[] = [];
    if (!policies) return resources;
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const {
        LogicalResourceId: logicalId = '',
        ResourceType = '',
        PhysicalResourceId = '',
      } of StackResourceSummaries) {
        const isRetained = policies[logicalId] === 'Retain';
        resources.push({ logicalId, type: ResourceType, physicalId: PhysicalResourceId, isRetained });
      }
    }
    return resources;
  }

  async delete(): Promise<void> {
    await this.#client.send(new DeleteStackCommand({ StackName: this.name }));
    const wait = { client: this.#client, maxWaitTime: DELETION_SECONDS, minDelay: 1, maxDelay: 10 };
    await waitUntilStackDeleteComplete(wait, { StackName: this.name });
  }

  /** What is to happen to each resource when it leaves the stack; undefined when there is no stack. */
  async #deletionPolicies(): Promise<Record<string, string | undefined> | undefined> {
    try {
      const { TemplateBody = '{}' } = await this.#client.send(
        new GetTemplateCommand({ StackName: this.name }),
      );
      const { Resources = {} } = JSON.parse(TemplateBody) as {
        Resources?: Record<string, { DeletionPolicy?: string }>;
      };
      return Object.fromEntries(
        Object.entries(Resources).map(([id, { DeletionPolicy }]) => [id, DeletionPolicy]),
      );
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  }
}

/** The physical id of what the CDK named so: a construct path without slashes, and a hash. */
export function physicalIdOf(resources: DeployedResource[], path: string): string | undefined {
  return resources.find(({ logicalId }) => logicalId.slice(0, -8) === path)?.physicalId;
}
