import type { Random } from './random.ts';

export interface Message {
  id: string;
  body: string;
  groupId: string;
  dedupId: string | undefined;
  attributes: Record<string, { StringValue?: string }>;
  sentAtMs: number;
  visibleAtMs: number;
  receives: number;
}

/** What SQS may do besides queueing. */
export interface QueueWhims {
  /** Whether a standard queue takes a message twice. */
  doubles: () => boolean;
  /** Whether a message that was just received can be received once more at once. */
  receivesTwice: () => boolean;
}

export interface QueueSettings {
  isFifo: boolean;
  visibilityMs: number;
  retentionMs: number;
  maxReceives: number;
}

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  DelaySeconds?: number;
  MessageAttributes?: Message['attributes'];
}

/** 53 bits of a text, quickly. */
function hashOf(text: string): string {
  let [high, low] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ (code + (high >>> 15)), 0x85ebca6b);
  }
  return ((high >>> 11) * 2 ** 32 + (low >>> 0)).toString(36);
}

const DEDUP_MS = 5 * 60_000;
const MOST_LATE_MS = 30_000;

/** An SQS queue in memory. */
export class SimulatedQueue {
  readonly settings: QueueSettings;
  readonly deadLetters: SimulatedQueue | undefined;
  /** Every body that it ever took. */
  readonly log: Entry[] = [];
  /** How many messages it lost because they grew too old. */
  outdated = 0;
  readonly #clock: { nowMs: number };
  readonly #whims: QueueWhims;
  readonly #random: Random;
  readonly #seen = new Map<string, number>();
  #messages: Message[] = [];
  #isChanged = false;
  #nextMs: number | undefined;
  readonly #sent = new Map<string, number>();

  constructor(
    settings: QueueSettings,
    parts: { clock: { nowMs: number }; whims: QueueWhims; random: Random; deadLetters?: SimulatedQueue },
  ) {
    this.settings = settings;
    this.#clock = parts.clock;
    this.#whims = parts.whims;
    this.#random = parts.random;
    this.deadLetters = parts.deadLetters;
  }

  get size(): number {
    return this.#messages.length;
  }

  /** All that what comes next depends on. */
  describe(): unknown {
    const known = [...this.#seen].filter(([, atMs]) => this.#clock.nowMs - atMs < DEDUP_MS);
    const redriven = this.log.filter(({ MessageAttributes }) => MessageAttributes?.['redrives']);
    return [this.#messages, known, redriven, this.outdated];
  }

  /** Takes over the state of another one. */
  become(other: SimulatedQueue): void {
    this.log.push(...other.log);
    this.outdated = other.outdated;
    for (const [mark, atMs] of other.#seen) this.#seen.set(mark, atMs);
    for (const [body, times] of other.#sent) this.#sent.set(body, times);
    this.#messages = other.#messages.map((message) => ({ ...message }));
    this.#isChanged = true;
    if (other.deadLetters) this.deadLetters?.become(other.deadLetters);
  }

  send(entry: Entry): void {
    const { MessageBody: body, MessageGroupId: groupId = '', MessageDeduplicationId: dedupId } = entry;
    this.log.push(entry);
    if (this.settings.isFifo && this.#isKnown(`${groupId} ${dedupId}`)) return;
    const visibleAtMs = this.#clock.nowMs + (entry.DelaySeconds ?? 0) * 1000;
    const attributes = entry.MessageAttributes ?? {};
    this.#isChanged = true;
    const copies = !this.settings.isFifo && this.#whims.doubles() ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const id = this.#idOf(body);
      const sentAtMs = this.#clock.nowMs;
      const message = { id, body, groupId, dedupId, attributes, sentAtMs, receives: 0 };
      this.#messages.push({ ...message, visibleAtMs: visibleAtMs + (copy > 0 ? this.#secondLateMs() : 0) });
    }
  }

  /** The second copy of a message comes beside the first one, or while that one is worked on. */
  #secondLateMs(): number {
    return this.#random.chance(0.5) ? this.#random.below(MOST_LATE_MS) : 0;
  }

  /** Tells how often a body came before: what is sent in another order is the same. */
  #idOf(body: string): string {
    const times = (this.#sent.get(body) ?? 0) + 1;
    this.#sent.set(body, times);
    return `${hashOf(body)}-${times}`;
  }

  #isKnown(mark: string): boolean {
    const seenAtMs = this.#seen.get(mark);
    if (seenAtMs !== undefined && this.#clock.nowMs - seenAtMs < DEDUP_MS) return true;
    this.#seen.set(mark, this.#clock.nowMs);
    return false;
  }

  /** Up to `limit` messages, which are out of sight from now on. */
  receive(limit: number): Message[] {
    this.#isChanged = true;
    this.#dropOld();
    const received: Message[] = [];
    for (const message of this.#visible()) {
      if (received.length >= limit) break;
      if (message.receives >= this.settings.maxReceives && this.deadLetters) {
        this.#bury(message, this.deadLetters);
        continue;
      }
      message.receives++;
      const isTwice = this.#whims.receivesTwice();
      message.visibleAtMs =
        this.#clock.nowMs + (isTwice ? this.#random.between(1, 30) : this.settings.visibilityMs);
      received.push({ ...message });
    }
    return received;
  }

  #visible(): Message[] {
    const { nowMs } = this.#clock;
    if (!this.settings.isFifo) {
      const visible = this.#messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
      const from = visible.length > 1 ? this.#random.below(visible.length) : 0;
      return [...visible.slice(from), ...visible.slice(0, from)];
    }
    const locked = new Set<string>();
    return this.#messages.filter(({ groupId, visibleAtMs }) => {
      if (visibleAtMs > nowMs) locked.add(groupId);
      return !locked.has(groupId);
    });
  }

  #bury(message: Message, deadLetters: SimulatedQueue): void {
    this.delete(message.id);
    deadLetters.take(message);
  }

  /** A message of another queue; a standard queue keeps when it was sent first. */
  take(message: Message): void {
    this.#isChanged = true;
    const { nowMs } = this.#clock;
    const sentAtMs = this.settings.isFifo ? nowMs : message.sentAtMs;
    this.#messages.push({ ...message, sentAtMs, visibleAtMs: nowMs, receives: 0 });
  }

  delete(id: string): void {
    this.#isChanged = true;
    this.#messages = this.#messages.filter((message) => message.id !== id);
  }

  /** When there is something to receive; undefined when nothing is there. A group waits for its first message. */
  nextMs(): number | undefined {
    if (this.#isChanged) {
      this.#nextMs = this.#findNextMs();
      this.#isChanged = false;
    }
    return this.#nextMs;
  }

  #findNextMs(): number | undefined {
    let next: number | undefined;
    const groups = new Set<string>();
    for (const { visibleAtMs, groupId } of this.#messages) {
      const isBehind = this.settings.isFifo && groups.has(groupId);
      if (!isBehind && (next === undefined || visibleAtMs < next)) next = visibleAtMs;
      groups.add(groupId);
    }
    return next;
  }

  #dropOld(): void {
    const oldestMs = this.#clock.nowMs - this.settings.retentionMs;
    const kept = this.#messages.filter(({ sentAtMs }) => sentAtMs >= oldestMs);
    this.outdated += this.#messages.length - kept.length;
    this.#messages = kept;
  }
}
