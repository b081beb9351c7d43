import type { Functions } from './functions.ts';
import type { Nature } from './nature.ts';
import type { FunctionName, Product } from './product.ts';
import type { Services } from './services.ts';

type Mapping = Product['topology']['mappings'][number];
export type QueueName = 'events' | 'deliveries';

const MINUTE_MS = 60_000;

/** What invokes functions by itself: the mappings of the queues, and the rule of every minute. */
export class EventSources {
  readonly #nature: Nature;
  readonly #services: Services;
  readonly #functions: Functions;
  readonly #mappings: Record<QueueName, Mapping>;
  readonly #busy = { events: 0, deliveries: 0 };
  readonly #polls = { events: Number.POSITIVE_INFINITY, deliveries: Number.POSITIVE_INFINITY };
  #sweepAtMs = Number.POSITIVE_INFINITY;

  constructor(nature: Nature, services: Services, functions: Functions, product: Product) {
    this.#nature = nature;
    this.#services = services;
    this.#functions = functions;
    const mappingOf = (name: string) =>
      product.topology.mappings.find(({ queue }) => queue === name) as Mapping;
    this.#mappings = { events: mappingOf('events'), deliveries: mappingOf('deliveries') };
  }

  /** Plans to look wherever there is something to receive. */
  planPolls(): void {
    const { nowMs } = this.#nature;
    for (const name of ['events', 'deliveries'] as const) {
      const nextMs = this.#services.queues[name].nextMs();
      if (nextMs === undefined || this.#busy[name] >= this.#mappings[name].maxConcurrency) continue;
      const atMs = Math.max(nextMs, nowMs) + 1;
      if (atMs >= this.#polls[name]) continue;
      this.#polls[name] = atMs;
      this.#nature.plan(atMs, () => {
        if (atMs !== this.#polls[name]) return;
        this.#polls[name] = Number.POSITIVE_INFINITY;
        this.poll(name, this.#nature.random.between(1, this.#mappings[name].batchSize));
      });
    }
    const { deadMs } = this.#services;
    if (deadMs !== Number.POSITIVE_INFINITY) this.planSweep(deadMs);
  }

  /** Whether there is something to receive now. */
  canPoll(name: QueueName): boolean {
    const nextMs = this.#services.queues[name].nextMs() ?? Number.POSITIVE_INFINITY;
    return nextMs <= this.#nature.nowMs && this.#busy[name] < this.#mappings[name].maxConcurrency;
  }

  /** As Lambda's event source mapping: what the function does not report as failed is deleted. */
  poll(name: QueueName, limit: number): void {
    const mapping = this.#mappings[name];
    const queue = this.#services.queues[name];
    const messages = queue.receive(limit);
    if (messages.length === 0) return;
    const Records = messages.map(({ id, body }) => ({ messageId: id, body }));
    this.#busy[name]++;
    this.#functions.invoke(mapping.function as FunctionName, { Records }, (ending) => {
      this.#busy[name]--;
      if (!('answer' in ending)) return;
      const failed = mapping.reportBatchItemFailures ? failedOf(ending.answer) : new Set<string>();
      for (const { id } of messages) {
        if (!failed.has(id) && !this.#nature.happens('undeleted')) queue.delete(id);
      }
    });
  }

  /** A sweep each minute, but for most of those that would find nothing. */
  planSweep(dueMs: number): void {
    const atMs = Math.ceil(Math.max(dueMs, this.#nature.nowMs + 1) / MINUTE_MS) * MINUTE_MS;
    if (atMs >= this.#sweepAtMs) return;
    this.#sweepAtMs = atMs;
    this.#nature.plan(atMs, () => this.#sweep(atMs));
  }

  #sweep(atMs: number): void {
    if (atMs !== this.#sweepAtMs) return;
    this.#sweepAtMs = Number.POSITIVE_INFINITY;
    const { table } = this.#services;
    const again = () => {
      const dueMs = table.least('due');
      if (dueMs !== undefined) this.planSweep(dueMs);
    };
    const { nowMs, random } = this.#nature;
    const isDue = (table.least('due') ?? Number.POSITIVE_INFINITY) <= nowMs;
    const isIdle = !isDue && this.#services.deadMs > nowMs && random.chance(0.9);
    if (isIdle || this.#nature.happens('skipsSweep')) again();
    else this.#functions.invoke('sweeper', {}, again);
  }
}

function failedOf(answer: unknown): Set<string> {
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}
