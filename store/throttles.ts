import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** An attempt that DynamoDB refused because there are too many. */
export interface Throttle {
  /** What was asked for, as DynamoDB calls it: `UpdateItem`. */
  operation: string;
  /** The exception's name. */
  name: string;
  /** What is exceeded, in DynamoDB's words: `TableWriteKeyRangeThroughputExceeded`. */
  reasons: string[];
}

/** Tells of every attempt that is throttled. The client's own retries come on top, and hide what they save. */
export function tellThrottles(client: DynamoDBClient, tell: (throttle: Throttle) => void): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          if (isThrottle(error)) {
            tell({
              operation: commandName.replace(/Command$/, ''),
              name: error.name,
              reasons: reasonsOf(error),
            });
          }
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

/** One of the three exceptions writes the field with a small letter. */
interface Throttled extends Error {
  ThrottlingReasons?: { reason?: string }[];
  throttlingReasons?: { reason?: string }[];
}

function reasonsOf(error: Throttled): string[] {
  const reasons = error.ThrottlingReasons ?? error.throttlingReasons ?? [];
  return reasons.flatMap(({ reason }) => reason ?? []);
}
