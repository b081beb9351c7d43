import { type Attribute, AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { LambdaFunction } from './lambda-function.ts';
import { dataRemovalPolicy } from './retention.ts';
import type { Settings } from './settings.ts';
import { INDEXES_CONTEXT, type TableIndexes, tableIndexes } from './table-indexes.ts';

const types = { S: AttributeType.STRING, N: AttributeType.NUMBER };

/** An attribute of `name:type`. */
function attributeOf(key: string): Attribute {
  const [name = '', type] = key.split(':');
  return { name, type: types[type as keyof typeof types] };
}

/** The one table: on demand, restorable to any second, and safe from deletion as long as data is retained. */
export class SignalboxTable extends Construct {
  readonly #table: Table;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.#table = new Table(this, 'Table', {
      partitionKey: attributeOf('pk:S'),
      sortKey: attributeOf('sk:S'),
      timeToLiveAttribute: 'ttl',
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: settings.retainData,
      removalPolicy: dataRemovalPolicy(settings),
    });
    for (const [indexName, [partition, sort]] of Object.entries(this.#indexes())) {
      this.#table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: attributeOf(partition),
        sortKey: attributeOf(sort),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
  }

  /** Those of this version, or on the way to it what CloudFormation can do next (`npm run upgrade`). */
  #indexes(): TableIndexes {
    const given: unknown = this.node.tryGetContext(INDEXES_CONTEXT);
    return typeof given === 'string' ? JSON.parse(given) : tableIndexes;
  }

  get name(): string {
    return this.#table.tableName;
  }

  get arn(): string {
    return this.#table.tableArn;
  }

  /** Lets the function write when a key was last used, and nothing else of anything. */
  keyUseNotedBy(writer: LambdaFunction): void {
    const onlyLastUse = {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*'] },
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'lastUsedAtMs'] },
      StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
    };
    writer.allowIf(onlyLastUse, ['dynamodb:UpdateItem'], this.arn);
  }

  indexArn(name: keyof typeof tableIndexes): string {
    return `${this.#table.tableArn}/index/${name}`;
  }
}
