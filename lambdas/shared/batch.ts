import type { SQSBatchResponse } from 'aws-lambda';

/** Tells SQS which records must come back; all others are done. */
export function batchResponse(failedIds: Iterable<string>): SQSBatchResponse {
  return { batchItemFailures: [...failedIds].map((itemIdentifier) => ({ itemIdentifier })) };
}
