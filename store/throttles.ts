import type { BatchGetItemCommandOutput, DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** An attempt that DynamoDB refused because there are too many. */
export interface Throttle {
  /** What was asked for, as DynamoDB calls it: `UpdateItem`. */
  operation: string;
  /** The exception's name, or `UnprocessedKeys` of a batch of which only a part was read. */
  name: string;
  /** What is exceeded, in DynamoDB's words: `TableWriteKeyRangeThroughputExceeded`. */
  reasons: string[];
}

/** Tells of every attempt that is throttled, also in part. The client's own retries come on top, and hide what they save. */
export function tellThrottles(client: DynamoDBClient, tell: (throttle: Throttle) => void): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, '');
        try {
          const answer = await next(args);
          if (isThrottledInPart(answer)) tell({ operation, name: 'UnprocessedKeys', reasons: [] });
          return answer;
        } catch (error) {
          if (isThrottle(error)) tell({ operation, name: error.name, reasons: reasonsOf(error) });
          throw error;
        }
      },
    // Below the retries, which are of this step and of high priority.
    { step: 'finalizeRequest', priority: 'low', name: 'tellThrottles' },
  );
}

const NAMES = ['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'];

const isThrottle = (error: unknown): error is Throttled =>
  error instanceof Error && NAMES.includes(error.name);

/**
 * Keys of a batch are left out where they are throttled, and also where their items make more than a megabyte. Then
 * a megabyte but for the item that was too much is in the answer, as JSON, in which no item is smaller.
 */
function isThrottledInPart({ output, response }: { output: object; response: unknown }): boolean {
  const { UnprocessedKeys = {} } = output as BatchGetItemCommandOutput;
  return Object.keys(UnprocessedKeys).length > 0 && bytesOf(response) < MEGABYTE - LARGEST_ITEM;
}

const MEGABYTE = 1024 * 1024;
const LARGEST_ITEM = 400 * 1024;

const bytesOf = (response: unknown) =>
  Number((response as { headers: Record<string, string> }).headers['content-length'] ?? 0);

/** One of the three exceptions writes the field with a small letter. */
interface Throttled extends Error {
  ThrottlingReasons?: { reason?: string }[];
  throttlingReasons?: { reason?: string }[];
}

function reasonsOf(error: Throttled): string[] {
  const reasons = error.ThrottlingReasons ?? error.throttlingReasons ?? [];
  return reasons.flatMap(({ reason }) => reason ?? []);
}
