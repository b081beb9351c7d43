import { pathToFileURL } from 'node:url';
import type * as localTopology from '../../local/topology.ts';

const FUNCTION_NAMES = ['ingest', 'admin', 'matcher', 'dispatcher', 'sweeper'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export type Handler = (event: unknown, context: unknown) => Promise<unknown>;

/** A bundle of the product: its functions, each of which can start cold, and what they are deployed with. */
export type Product = { [Name in FunctionName]: () => Handler } & {
  topology: typeof localTopology;
  ConditionalCheckFailedException: new () => Error;
  ResourceNotFoundException: new () => Error;
};

const SQS = 'https://sqs.us-east-1.amazonaws.com/000000000000';

export const urls = {
  events: `${SQS}/events.fifo`,
  deliveries: `${SQS}/deliveries`,
  eventsDeadLetters: `${SQS}/events-dlq.fifo`,
  deliveriesDeadLetters: `${SQS}/deliveries-dlq`,
};

export const ADMIN_KEY = 'the-admin-key-of-this-deployment';

/** Loads what bundleProduct made, and gives its functions the environment that they are deployed with. */
export async function loadProduct(file: string): Promise<Product> {
  const product: Product = await import(pathToFileURL(file).href);
  const parts = {
    tableName: 'table',
    queueUrls: { events: urls.events, deliveries: urls.deliveries },
    eventsDeadLettersUrl: urls.eventsDeadLetters,
    deliveriesDeadLettersUrl: urls.deliveriesDeadLetters,
    adminKeySecretId: 'admin-key',
    allowedAddresses: '',
  };
  for (const name of FUNCTION_NAMES) {
    Object.assign(process.env, product.topology.functions[name].environment(parts));
  }
  return product;
}
