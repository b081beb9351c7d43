import { Construct } from 'constructs';
import type { IngestEnv } from '../lambdas/ingest/env.ts';
import type { AdminKey } from './admin-key.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { Settings } from './settings.ts';
import type { SignalboxTable } from './table.ts';
import { WorkQueue } from './work-queue.ts';

export interface IngestionProps {
  readonly settings: Settings;
  readonly table: SignalboxTable;
  readonly adminKey: AdminKey;
}

/** Takes events in: the ingest function and the queue that holds what it accepted, in order for each run. */
export class Ingestion extends Construct {
  readonly events: WorkQueue;
  readonly ingest: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, table, adminKey }: IngestionProps) {
    super(scope, id);
    this.events = new WorkQueue(this, 'Events', {
      consumer: 'matcher',
      fifoName: `signalbox-${settings.stage}-events`,
    });
    this.ingest = new LambdaFunction(this, 'Ingest', {
      settings,
      name: 'ingest',
      description: 'Checks posted events and puts them on the events queue.',
      environment: {
        TABLE_NAME: table.name,
        ADMIN_KEY_SECRET_ID: adminKey.secretId,
        EVENTS_QUEUE_URL: this.events.url,
      } satisfies IngestEnv,
    });
    this.ingest.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], table.arn);
    table.keyUseNotedBy(this.ingest);
    adminKey.readableBy(this.ingest);
    this.ingest.sendTo(this.events);
  }
}
