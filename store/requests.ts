import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { holds, type Table } from './client.ts';
import { getItem } from './items.ts';
import { requestKey } from './keys.ts';

/** What is known of a request that came with an Idempotency-Key. */
export interface StoredRequest {
  /** Digest of all that it says. */
  content: string;
  /** When it first came, and from what the ids of what it makes are derived. */
  firstAtMs: number;
  /** When somebody last began to do it. */
  begunAtMs: number;
  /** What it was answered, as JSON; absent until then. */
  answer?: string;
}

/** Whose request it is, and the text of its Idempotency-Key. */
export interface RequestName {
  callerId: string;
  text: string;
}

/** How long a request is known. */
const KEPT_MS = 24 * 60 * 60_000;

/** What is known of a request; undefined when it never came, or a day ago. */
export async function readRequest(
  table: Table,
  { callerId, text }: RequestName,
  nowMs: number,
): Promise<StoredRequest | undefined> {
  const item = await getItem(table, requestKey(callerId, text));
  if (!item || (item['firstAtMs'] as number) + KEPT_MS <= nowMs) return undefined;
  return item as unknown as StoredRequest;
}

/** Notes a request, if it is as far as `before` says (undefined: not known, or no longer); false otherwise. */
export function writeRequest(
  table: Table,
  { callerId, text }: RequestName,
  before: StoredRequest | undefined,
  after: StoredRequest,
): Promise<boolean> {
  const known = before
    ? { ConditionExpression: 'begunAtMs = :begun', ExpressionAttributeValues: { ':begun': before.begunAtMs } }
    : {
        ConditionExpression: 'attribute_not_exists(pk) OR firstAtMs <= :old',
        ExpressionAttributeValues: { ':old': after.firstAtMs - KEPT_MS },
      };
  const ttl = Math.ceil((after.firstAtMs + KEPT_MS) / 1000);
  const Item = { ...requestKey(callerId, text), ...after, ttl };
  return holds(table.client.send(new PutCommand({ TableName: table.name, Item, ...known })));
}

/** Forgets a request that was refused, so that it can be sent again once what was wrong is mended. */
export async function forgetRequest(
  table: Table,
  { callerId, text }: RequestName,
  { begunAtMs }: StoredRequest,
): Promise<void> {
  await holds(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: requestKey(callerId, text),
        ConditionExpression: 'begunAtMs = :begun',
        ExpressionAttributeValues: { ':begun': begunAtMs },
      }),
    ),
  );
}
