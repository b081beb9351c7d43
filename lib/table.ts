import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { dataRemovalPolicy } from './retention.ts';
import type { Settings } from './settings.ts';

const { NUMBER, STRING } = AttributeType;

// Keys only: an index finds an item, the table holds it.
const indexes = {
  due: { partitionKey: { name: 'dueShard', type: STRING }, sortKey: { name: 'sweepAt', type: NUMBER } },
  'by-team': { partitionKey: { name: 'team', type: STRING }, sortKey: { name: 'historyAtMs', type: NUMBER } },
  'by-automation': {
    partitionKey: { name: 'automationId', type: STRING },
    sortKey: { name: 'historyAtMs', type: NUMBER },
  },
} as const;

type IndexName = keyof typeof indexes;

/** The one table: on demand, restorable to any second, and safe from deletion as long as data is retained. */
export class SignalboxTable extends Construct {
  readonly #table: Table;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.#table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: STRING },
      sortKey: { name: 'sk', type: STRING },
      timeToLiveAttribute: 'ttl',
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: settings.retainData,
      removalPolicy: dataRemovalPolicy(settings),
    });
    for (const [indexName, keys] of Object.entries(indexes)) {
      this.#table.addGlobalSecondaryIndex({ indexName, ...keys, projectionType: ProjectionType.KEYS_ONLY });
    }
  }

  get name(): string {
    return this.#table.tableName;
  }

  get arn(): string {
    return this.#table.tableArn;
  }

  indexArn(name: IndexName): string {
    return `${this.#table.tableArn}/index/${name}`;
  }
}
