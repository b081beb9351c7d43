import { createHash } from 'node:crypto';
import type { Nature } from './nature.ts';
import type { FunctionName, Handler, Product } from './product.ts';

/** A started function: one invocation at a time, its clock, and what it keeps in memory. */
interface Container {
  product: Product;
  handler: Handler;
  skewMs: number;
  /** All that it ever saw, as one number: the same code that saw the same is in the same state. */
  seen: string;
}

/** One invocation under way. A killed one never goes on. */
export interface Task {
  name: FunctionName;
  number: number;
  container: Container;
  isOver: boolean;
  hasCalled: boolean;
  end: (ending: Ending) => void;
}

export type Ending = { answer: unknown } | { error: unknown } | { killed: true };

/** The product's functions as Lambda runs them. */
export class Functions {
  /** Whose code runs now. */
  current: Task | undefined;
  /** Whether what runs is answered at once. */
  isInstant = false;
  /** For worlds that are explored: whether it is noted what functions get to know. */
  readonly notesWhatIsSeen: boolean;
  readonly underWay = new Set<Task>();
  readonly #nature: Nature;
  readonly #warm = new Map<FunctionName, Container[]>();
  #products: readonly Product[];
  #tasks = 0;

  constructor(nature: Nature, products: readonly Product[], notesWhatIsSeen: boolean) {
    this.#nature = nature;
    this.#products = products;
    this.notesWhatIsSeen = notesWhatIsSeen;
  }

  /** From now on functions start from the first version only, and none of another one is left waiting. */
  endDeployment(): void {
    if (this.#products.length === 1) return;
    this.#products = this.#products.slice(0, 1);
    this.#warm.clear();
  }

  /** Invokes a function at once and without faults, while nothing else happens. */
  async instantly(name: FunctionName, event: unknown): Promise<unknown> {
    const [product] = this.#products as [Product];
    this.isInstant = true;
    this.current = this.#taskOf(
      name,
      this.#warm.get(name)?.[0] ?? { product, handler: product[name](), skewMs: 0, seen: '' },
    );
    const { container } = this.current;
    if (!this.#warm.has(name)) this.#warm.set(name, [container]);
    try {
      return await container.handler(event, {});
    } finally {
      this.isInstant = false;
    }
  }

  #taskOf(name: FunctionName, container: Container): Task {
    return { name, number: ++this.#tasks, container, isOver: false, hasCalled: false, end: () => undefined };
  }

  /** Starts an invocation, and says how it ended. */
  invoke(name: FunctionName, event: unknown, onEnd: (ending: Ending) => void): Task {
    const nature = this.#nature;
    const task = this.#taskOf(name, this.#containerOf(name));
    const timeoutMs = this.#products[0]?.topology.functions[name].timeoutSeconds as number;
    const deadlineMs = nature.nowMs + timeoutMs * 1000;
    task.end = (ending) => this.#end(task, ending, onEnd);
    nature.count(`invocations ${name}`);
    this.underWay.add(task);
    this.current = task;
    this.sees(task, ['begins', event, nature.nowMs]);
    nature.trace.note(nature.nowMs, name, task.number, 'begins');
    const context = { getRemainingTimeInMillis: () => deadlineMs - nature.nowMs };
    task.container.handler(event, context).then(
      (answer) => task.end({ answer }),
      (error) => task.end({ error }),
    );
    const timeOut = () => this.resume(task, () => this.kill(task, 'timeouts'));
    nature.plan(deadlineMs, timeOut, { task, what: 'times out' });
    return task;
  }

  #end(task: Task, ending: Ending, onEnd: (ending: Ending) => void): void {
    const { name, number, container } = task;
    if (task.isOver) return;
    task.isOver = true;
    this.underWay.delete(task);
    this.#nature.trace.note(this.#nature.nowMs, name, number, howItEnded(ending));
    // Where states are compared every start is a cold one: what a warm function remembers would tell them apart.
    const isReplaced = !this.#products.includes(container.product);
    const isKept = !('killed' in ending) && !this.notesWhatIsSeen && !isReplaced;
    if (isKept) this.#warm.get(name)?.push(container);
    onEnd(ending);
  }

  kill(task: Task, why: string): void {
    this.#nature.count(`fault ${why}`);
    task.end({ killed: true });
  }

  /** Lets a function go on, unless it is over. */
  resume(task: Task, go: () => void): void {
    if (task.isOver) return;
    this.current = task;
    go();
  }

  #containerOf(name: FunctionName): Container {
    const nature = this.#nature;
    const warm = this.#warm.get(name) ?? [];
    this.#warm.set(name, warm);
    const known = nature.happens('cold') ? undefined : warm.pop();
    if (known) return known;
    const { skewMs } = nature.faults;
    const product = (
      this.#products.length === 1 ? this.#products[0] : nature.random.pick(this.#products)
    ) as Product;
    return {
      product,
      handler: product[name](),
      skewMs: skewMs === 0 ? 0 : nature.random.between(-skewMs, skewMs),
      seen: '',
    };
  }

  /** Notes what a function got to know, where that is of interest. */
  sees({ container }: Task, what: unknown): void {
    if (!this.notesWhatIsSeen) return;
    container.seen = hashOf(container.seen + JSON.stringify([this.#nature.nowMs, what], withSets));
  }

  /** Where states are compared, what a function makes up must depend on nothing but what it saw. */
  bytes(count: number): Buffer {
    if (!this.notesWhatIsSeen || !this.current) return this.#nature.random.bytes(count);
    this.sees(this.current, 'bytes');
    return Buffer.from(this.current.container.seen.padEnd(count, '0').slice(0, count));
  }
}

const withSets = (_name: string, value: unknown) => (value instanceof Set ? [...value].sort() : value);

const hashOf = (text: string) => createHash('md5').update(text).digest('base64');

function howItEnded(ending: Ending): string {
  if ('answer' in ending) return 'answer';
  return 'error' in ending ? 'error' : 'killed';
}
