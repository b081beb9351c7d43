import {
  CloudFormationClient,
  DeleteStackCommand,
  GetTemplateCommand,
  paginateListStackResources,
  paginateListStacks,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';

/** A CloudFront distribution, and the interfaces of a function in subnets, take their time to go. */
const DELETION_SECONDS = 60 * 60;

/** As in lib/rest-api.ts. */
const STAGE_OF_REST_API = 'api';

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
    return this.#resourcesOf(this.name);
  }

  /** What stacks of this name were to leave when they were deleted, as far as CloudFormation remembers: 90 days. */
  async leftBehind(): Promise<DeployedResource[]> {
    const resources: DeployedResource[] = [];
    const query = { StackStatusFilter: ['DELETE_COMPLETE' as const] };
    for await (const { StackSummaries = [] } of paginateListStacks({ client: this.#client }, query)) {
      for (const { StackName, StackId } of StackSummaries) {
        if (StackName === this.name && StackId) resources.push(...(await this.#resourcesOf(StackId)));
      }
    }
    return resources.filter(({ isRetained }) => isRetained);
  }

  async #resourcesOf(StackName: string): Promise<DeployedResource[]> {
    const pages = paginateListStackResources({ client: this.#client }, { StackName });
    const policies = await this.#deletionPolicies(StackName);
    const resources: DeployedResource[] = [];
    if (!policies) return resources;
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const {
        LogicalResourceId: logicalId = '',
        ResourceType = '',
        PhysicalResourceId = '',
      } of StackResourceSummaries) {
        // A deployment that failed did not come to all of them.
        if (PhysicalResourceId === '') continue;
        const isRetained = policies[logicalId] === 'Retain';
        const resource = { logicalId, type: ResourceType, physicalId: PhysicalResourceId, isRetained };
        resources.push(resource, ...madeBeside(resource));
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
  async #deletionPolicies(StackName: string): Promise<Record<string, string | undefined> | undefined> {
    try {
      const { TemplateBody = '{}' } = await this.#client.send(new GetTemplateCommand({ StackName }));
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

/** API Gateway makes a log of a REST API's errors, which outlives the API, and of which CloudFormation knows nothing. */
function madeBeside({ logicalId, type, physicalId }: DeployedResource): DeployedResource[] {
  if (type !== 'AWS::ApiGateway::RestApi') return [];
  const log = `API-Gateway-Execution-Logs_${physicalId}/${STAGE_OF_REST_API}`;
  return [{ logicalId, type: 'AWS::Logs::LogGroup', physicalId: log, isRetained: true }];
}

/** The physical id of what the CDK named so: a construct path without slashes, and a hash. */
export function physicalIdOf(resources: DeployedResource[], path: string): string | undefined {
  return resources.find(({ logicalId }) => logicalId.slice(0, -8) === path)?.physicalId;
}
