import { ambient } from './ambient.ts';
import { EventSources } from './event-sources.ts';
import { type Ending, Functions } from './functions.ts';
import { Nature } from './nature.ts';
import type { FunctionName, Product } from './product.ts';
import type { SimulatedQueue } from './queue.ts';
import type { Random } from './random.ts';
import type { Receivers } from './receivers.ts';
import { Services } from './services.ts';
import type { SimulatedTable } from './table.ts';
import type { Trace } from './trace.ts';
import type { SimulatedVault } from './vault.ts';
import { Wire } from './wire.ts';

export interface WorldParts {
  /** Containers start from one of these: several during a deployment. */
  products: readonly Product[];
  random: Random;
  trace: Trace;
  startMs: number;
  /** A world in which messages die sooner shows sooner what becomes of them. */
  mostReceives?: number | undefined;
  /** For worlds that are explored, state by state. */
  notesWhatIsSeen?: boolean;
}

const DAY_MS = 86_400_000;
// Deliveries to an endpoint that stays broken are tried for five days, which takes steps by the hundred thousand.
const LONGEST_RUN_MS = 14 * DAY_MS;
const MOST_STEPS_A_DAY = 400_000;

/** AWS and the rest of the world around the product's functions. */
export class World extends Nature {
  readonly services: Services;
  readonly functions: Functions;
  readonly sources: EventSources;
  readonly wire: Wire;

  constructor({ products, mostReceives, notesWhatIsSeen = false, ...nature }: WorldParts) {
    super(nature);
    const [product] = products as [Product];
    const onDue = (atMs: number) => this.onDue(atMs);
    this.services = new Services(this, product, { onDue, mostReceives });
    this.functions = new Functions(this, products, notesWhatIsSeen);
    this.sources = new EventSources(this, this.services, this.functions, product);
    this.wire = new Wire(this, this.services, this.functions);
  }

  get table(): SimulatedTable {
    return this.services.table;
  }

  get vault(): SimulatedVault {
    return this.services.vault;
  }

  get receivers(): Receivers {
    return this.services.receivers;
  }

  get queues(): { events: SimulatedQueue; deliveries: SimulatedQueue } {
    return this.services.queues;
  }

  /** Is told when something comes to stand among what is due. */
  protected onDue(atMs: number): void {
    this.sources.planSweep(atMs);
  }

  endDeployment(): void {
    this.functions.endDeployment();
  }

  /** Invokes a function at once and without faults, while nothing else happens. */
  instantly(name: FunctionName, event: unknown): Promise<unknown> {
    ambient.host = this.wire.host;
    return this.functions.instantly(name, event);
  }

  /** Starts an invocation, and says how it ended. */
  invoke(name: FunctionName, event: unknown, onEnd: (ending: Ending) => void): void {
    this.functions.invoke(name, event, onEnd);
  }

  /** Lets things happen until nothing is left to do. False when there is no end to it. */
  run(): Promise<boolean> {
    ambient.host = this.wire.host;
    const latestMs = this.nowMs + LONGEST_RUN_MS;
    const today = { steps: 0, endsMs: this.nowMs };
    const isEndless = () => {
      if (this.nowMs >= today.endsMs) Object.assign(today, { steps: 0, endsMs: this.nowMs + DAY_MS });
      return ++today.steps > MOST_STEPS_A_DAY || this.nowMs > latestMs;
    };
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          this.wire.sendOff();
          this.sources.planPolls();
          if (this.agenda.nextMs === undefined) resolve(true);
          else if (isEndless()) resolve(false);
          else {
            this.#passTime();
            whenDrained(step);
          }
        } catch (error) {
          reject(error);
        }
      };
      whenDrained(step);
    });
  }

  /** Does what comes next. */
  #passTime(): void {
    this.nowMs = Math.max(this.nowMs, this.agenda.nextMs ?? this.nowMs);
    this.functions.current = undefined;
    this.agenda.take()?.run();
  }
}

const settled = Promise.resolve();

const amongPromises = (go: () => void) => void settled.then(go);

/** When no promise of this process has anything left to do: Node empties that queue before the next tick. */
const whenDrained = (go: () => void) => process.nextTick(amongPromises, go);

export const drained = () => new Promise<void>(whenDrained);
