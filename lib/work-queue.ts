import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type FunctionName, functionSizes } from './function-sizes.ts';

const maxMessageSizeBytes = 262_144;
const maxReceiveCount = 10;
const retentionDays = 4;
// The standard dead-letter queue keeps a message's first sending time, so it must outlast its source by far.
const deadLetterRetentionDays = 14;
// AWS's rule for queues that feed functions: room for a batch that is throttled and tried again.
const visibilityInTimeouts = 6;

export interface WorkQueueProps {
  /** The function that takes this queue's messages. */
  readonly consumer: FunctionName;
  /** Makes the queue FIFO, in order within each group: `<fifoName>.fifo` and `<fifoName>-dlq.fifo`. */
  readonly fifoName?: string;
}

// High-throughput FIFO: each message group deduplicates and counts for itself.
function orderOf(queueName: string | undefined): Partial<QueueProps> {
  if (queueName === undefined) return {};
  return {
    fifo: true,
    // Named, because emulators make an unnamed FIFO queue a standard one.
    queueName: `${queueName}.fifo`,
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
  };
}

/**
 * A queue of work with its dead-letter queue: encrypted, TLS only, and patient with its consumer.
 * Queues go with the stack even where data is retained: a FIFO name left behind would stop the next deployment.
 */
export class WorkQueue extends Construct {
  readonly #queue: Queue;
  readonly #deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const common: QueueProps = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      maxMessageSizeBytes,
    };
    this.#deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      ...orderOf(props.fifoName && `${props.fifoName}-dlq`),
      retentionPeriod: Duration.days(deadLetterRetentionDays),
    });
    this.#queue = new Queue(this, 'Queue', {
      ...common,
      ...orderOf(props.fifoName),
      retentionPeriod: Duration.days(retentionDays),
      visibilityTimeout: Duration.seconds(
        visibilityInTimeouts * functionSizes[props.consumer].timeoutSeconds,
      ),
      deadLetterQueue: { queue: this.#deadLetters, maxReceiveCount },
    });
  }

  get name(): string {
    return this.#queue.queueName;
  }

  get deadLettersName(): string {
    return this.#deadLetters.queueName;
  }

  get url(): string {
    return this.#queue.queueUrl;
  }

  get arn(): string {
    return this.#queue.queueArn;
  }

  get deadLettersUrl(): string {
    return this.#deadLetters.queueUrl;
  }

  get deadLettersArn(): string {
    return this.#deadLetters.queueArn;
  }
}
