import type { OutgoingEvent } from './prepare.ts';

/** How much goes into one request: below the limits of the API (docs/events.md), and near 1 MB before gzip. */
const MAX_EVENTS = 1_000;
const MAX_POINTS = 10_000;
const MAX_LENGTH = 1_000_000;

/**
 * Gathers events into batches, in their order. A batch goes out when the next event does not fit, or when its first
 * event has waited for `lingerMs`: an input that stays open must not hold events back.
 */
export async function* batchesOf(
  groups: AsyncIterable<OutgoingEvent[]>,
  lingerMs: number,
): AsyncGenerator<OutgoingEvent[]> {
  const iterator = groups[Symbol.asyncIterator]();
  const batch = new Batch();
  for (let next = read(iterator); ; ) {
    const group = await orLate(next, batch.startedAtMs + lingerMs);
    const isAtEnd = group !== 'late' && group.done === true;
    if (batch.events.length > 0 && (group === 'late' || isAtEnd)) yield batch.empty();
    if (isAtEnd) return;
    if (group === 'late') continue;
    // Read ahead while what is full is on its way.
    next = read(iterator);
    yield* fill(batch, group.value);
  }
}

function* fill(batch: Batch, events: OutgoingEvent[]): Generator<OutgoingEvent[]> {
  for (const event of events) {
    if (!batch.takes(event)) yield batch.empty();
    batch.add(event);
  }
}

function read<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  // Its failure is met where it is awaited, which may be later.
  next.catch(() => {});
  return next;
}

class Batch {
  events: OutgoingEvent[] = [];
  /** When its first event came; never, as long as it is empty. */
  startedAtMs = Number.POSITIVE_INFINITY;
  private points = 0;
  private length = 0;

  takes({ points, text }: OutgoingEvent): boolean {
    if (this.events.length === 0) return true;
    const isWithin = this.points + points <= MAX_POINTS && this.length + text.length <= MAX_LENGTH;
    return isWithin && this.events.length < MAX_EVENTS;
  }

  add(event: OutgoingEvent): void {
    if (this.events.length === 0) this.startedAtMs = Date.now();
    this.events.push(event);
    this.points += event.points;
    this.length += event.text.length;
  }

  empty(): OutgoingEvent[] {
    const { events } = this;
    Object.assign(this, { events: [], startedAtMs: Number.POSITIVE_INFINITY, points: 0, length: 0 });
    return events;
  }
}

async function orLate<T>(promise: Promise<T>, deadlineMs: number): Promise<T | 'late'> {
  if (deadlineMs === Number.POSITIVE_INFINITY) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, deadlineMs - Date.now()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
