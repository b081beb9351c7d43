import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The table that every function of the store works on. */
export interface Table {
  name: string;
  client: DynamoDBDocumentClient;
}

/** Connects to the table; region, credentials and endpoint come from the environment, as everywhere in AWS. */
export function openTable(name: string): Table {
  const marshallOptions = { removeUndefinedValues: true };
  return { name, client: DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions }) };
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
