import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Throttle, tellThrottles } from './throttles.ts';

/** The table that every function of the store works on. */
export interface Table {
  name: string;
  client: DynamoDBDocumentClient;
  /** How long deliveries are kept; only what writes them needs to know. */
  historyDays: number;
}

export interface TableOptions {
  historyDays?: number;
  /** How often the client tries a call, for who has no time for as often as it would by itself. */
  maxAttempts?: number;
  /** Told of each attempt that DynamoDB throttles; the client mostly makes another one. */
  onThrottle?: (throttle: Throttle) => void;
}

/** Connects to the table; region, credentials and endpoint come from the environment, as everywhere in AWS. */
export function openTable(
  name: string,
  { historyDays = DEFAULT_HISTORY_DAYS, maxAttempts, onThrottle }: TableOptions = {},
): Table {
  const inner = new DynamoDBClient(maxAttempts === undefined ? {} : { maxAttempts });
  if (onThrottle) tellThrottles(inner, onThrottle);
  const marshallOptions = { removeUndefinedValues: true };
  return { name, client: DynamoDBDocumentClient.from(inner, { marshallOptions }), historyDays };
}

const DEFAULT_HISTORY_DAYS = 90;
const DAY_SECONDS = 24 * 60 * 60;

/** The moment, in seconds, until which a delivery of this moment is kept. */
export function historyEnd({ historyDays }: Table, atMs: number): number {
  return Math.floor(atMs / 1000) + historyDays * DAY_SECONDS;
}

/** Runs a conditional write: true when it was done, false when its condition did not hold. */
export async function holds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
