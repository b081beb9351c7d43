import type { Command, Service } from './ambient.ts';
import type { Odd } from './faults.ts';
import type { Nature } from './nature.ts';
import { type Product, urls } from './product.ts';
import { SimulatedQueue } from './queue.ts';
import { Receivers } from './receivers.ts';
import { SimulatedTable } from './table.ts';
import { SimulatedVault } from './vault.ts';

/** What stands around the functions: AWS and the receivers. */
export class Services {
  readonly table: SimulatedTable;
  readonly vault: SimulatedVault;
  readonly receivers: Receivers;
  readonly queues: { events: SimulatedQueue; deliveries: SimulatedQueue };
  readonly #nature: Nature;

  /**
   * `onDue` is told of whatever comes into the index of what is due; `mostReceives` says how often a message is received
   * before it is dead.
   */
  constructor(
    nature: Nature,
    product: Product,
    { onDue, mostReceives }: { onDue: (atMs: number) => void; mostReceives: number | undefined },
  ) {
    const { random } = nature;
    this.#nature = nature;
    this.receivers = new Receivers(random);
    this.vault = new SimulatedVault(random, () => new product.ResourceNotFoundException());
    const chance = (kind: Odd) => () => nature.happens(kind);
    this.table = new SimulatedTable(
      nature,
      {
        indexDelayMs: () => (nature.faults.indexDelayMs === 0 ? 0 : random.below(nature.faults.indexDelayMs)),
        readsOld: chance('oldReads'),
        hasExpired: () => !random.chance(nature.faults.outlives),
        pageSize: () => (nature.happens('shortPages') ? random.between(1, 3) : 1_000),
        processed: (keys) => (keys > 1 && nature.happens('unprocessed') ? random.below(keys) : keys),
      },
      {
        indexes: product.topology.table.indexes,
        refuse: () => new product.ConditionalCheckFailedException(),
        onDue,
      },
    );
    const { events, deliveries } = product.topology.queues;
    const most = () => mostReceives ?? random.pick([10, 10, 10, 4, 2]);
    this.queues = {
      events: this.#queueOf(events, most()),
      deliveries: this.#queueOf(deliveries, most()),
    };
  }

  #queueOf(
    given: Product['topology']['queues']['events' | 'deliveries'],
    mostReceives: number,
  ): SimulatedQueue {
    const whims = {
      doubles: () => this.#nature.happens('doubles'),
      receivesTwice: () => this.#nature.happens('receivesTwice'),
    };
    const parts = { clock: this.#nature, whims, random: this.#nature.random };
    const settings = (attributes: Record<string, string>, maxReceives: number) => ({
      isFifo: attributes['FifoQueue'] === 'true',
      visibilityMs: Number(attributes['VisibilityTimeout'] ?? 30) * 1000,
      retentionMs: Number(attributes['MessageRetentionPeriod']) * 1000,
      maxReceives,
    });
    const deadLetters = new SimulatedQueue(
      settings(given.deadLetters.attributes, Number.POSITIVE_INFINITY),
      parts,
    );
    const maxReceives = Math.min(given.maxReceiveCount, mostReceives);
    return new SimulatedQueue(settings(given.attributes, maxReceives), { ...parts, deadLetters });
  }

  /** Takes over the state of others. */
  become({ table, vault, receivers, queues }: Services): void {
    this.table.become(table);
    this.vault.become(vault);
    this.receivers.become(receivers);
    this.queues.events.become(queues.events);
    this.queues.deliveries.become(queues.deliveries);
  }

  /** When a dead-letter queue has something to receive. */
  get deadMs(): number {
    const { events, deliveries } = this.queues;
    const [one, other] = [events.deadLetters?.nextMs(), deliveries.deadLetters?.nextMs()];
    return Math.min(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY);
  }

  answer(service: Service, command: Command): unknown {
    if (service === 'dynamodb') return this.table.answer(command);
    if (service === 'sqs') return this.#answerQueue(command);
    if (service === 'secrets') return this.vault.answer(command);
    throw new Error('no request goes out while everything else stands still');
  }

  /** As `answer`, with an error as a value. */
  outcome(service: Service, command: Command): { value: unknown } | { error: Error } {
    try {
      return { value: this.answer(service, command) };
    } catch (error) {
      return { error: error as Error };
    }
  }

  #answerQueue({ kind, input }: Command): unknown {
    const queue = this.#queueAt(input.QueueUrl);
    if (kind === 'DeleteMessage') return queue.delete(input.ReceiptHandle);
    if (kind === 'ReceiveMessage') {
      const Messages = queue.receive(input.MaxNumberOfMessages).map((message) => ({
        MessageId: message.id,
        ReceiptHandle: message.id,
        Body: message.body,
        Attributes: { MessageGroupId: message.groupId },
        MessageAttributes: message.attributes,
      }));
      return Messages.length > 0 ? { Messages } : {};
    }
    const entries: Parameters<SimulatedQueue['send']>[0][] = input.Entries;
    const taken =
      entries.length > 1 && this.#nature.happens('partial')
        ? this.#nature.random.below(entries.length)
        : entries.length;
    for (const entry of entries.slice(0, taken)) queue.send(entry);
    return { Failed: entries.slice(taken).map(({ Id }) => ({ Id, Message: 'internal error' })) };
  }

  #queueAt(url: string): SimulatedQueue {
    const { events, deliveries } = this.queues;
    if (url === urls.events) return events;
    if (url === urls.deliveries) return deliveries;
    const dead = url === urls.eventsDeadLetters ? events.deadLetters : deliveries.deadLetters;
    if (!dead || (dead === deliveries.deadLetters && url !== urls.deliveriesDeadLetters)) {
      throw new Error(`there is no queue ${url}`);
    }
    return dead;
  }
}
