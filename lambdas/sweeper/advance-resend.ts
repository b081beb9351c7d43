import { isTest } from '../../core/actions/test-call.ts';
import type { Head } from '../../core/automation.ts';
import type { Flow } from '../../core/flow.ts';
import { channelKey, type Integration, SLACK_PACE_MS } from '../../core/integration.ts';
import { type Resend, roomFor } from '../../core/resend.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import type { FoundDeliveries, HistoryPage, HistoryRange } from '../../store/history.ts';
import { positionOf } from '../../store/history.ts';
import type { StageLine } from '../shared/log.ts';
import { deliveryMessage, type QueueMessage } from '../shared/queue.ts';

export interface ResendDeps {
  readResend: (id: string) => Promise<Resend | undefined>;
  /** False when another sweep moved the job on. */
  saveResend: (resend: Resend, dueAtMs: number) => Promise<boolean>;
  listDeliveries: (range: HistoryRange, page: HistoryPage) => Promise<FoundDeliveries>;
  /** Opens a delivery again, unless that was done since the job was made. */
  reopen: (id: string, times: { nowMs: number; unlessSinceMs: number }) => Promise<boolean>;
  readHead: (automationId: string) => Promise<Head | undefined>;
  readFlow: (integrationId: string) => Promise<Flow>;
  readIntegration: (integrationId: string) => Promise<Integration | undefined>;
  /** When a channel's next turn is. */
  readPace: (channel: string) => Promise<number>;
  send: (messages: QueueMessage[]) => Promise<void>;
  now: () => number;
  log: (line: StageLine) => void;
}

/** Bounds what one sweep does for one job; the next one goes on. */
const PAGES_A_SWEEP = 20;
const COUNTED_AT_ONCE = 250;
const SENT_AT_ONCE = 25;

/** In time for the next sweep, which comes once a minute. */
const NEXT_MS = 50_000;

/**
 * Works off a part of a job. Each page is sent, then noted with where it ended. A crash in between sends none of it
 * again: what was opened since the job was made is opened no more, and what was opened and not enqueued is due.
 */
export async function advanceResend(id: string, deps: ResendDeps): Promise<void> {
  let resend = await deps.readResend(id);
  if (!resend || resend.phase === 'done') return;
  const rooms = new Rooms(deps);
  for (let pages = 1; ; pages++) {
    const page: Step = await step(resend, rooms, deps);
    const isLast = pages === PAGES_A_SWEEP || page.isFull || page.resend.phase === 'done';
    const dueAtMs = isLast ? deps.now() + NEXT_MS : deps.now();
    if (!(await deps.saveResend(page.resend, dueAtMs))) return;
    resend = { ...page.resend, version: page.resend.version + 1 };
    if (isLast) break;
  }
  const { automationId, phase, matched, resent, passedOver, stopped } = resend;
  deps.log({
    stage: 'resend.advanced',
    ...{ resendId: id, automationId, phase, matched, resent, passedOver },
    stopped,
  });
}

interface Step {
  resend: Resend;
  /** Nothing more may go out in this minute. */
  isFull: boolean;
}

async function step(resend: Resend, rooms: Rooms, deps: ResendDeps): Promise<Step> {
  const head = await deps.readHead(resend.automationId);
  // What is disabled would skip them all, and they would be what they were no more.
  if (!head?.enabled) {
    return { resend: { ...resend, phase: 'done', stopped: 'automation_disabled' }, isFull: true };
  }
  const isCounting = resend.phase === 'counting';
  const found = await deps.listDeliveries(
    { of: { automation: resend.automationId }, fromMs: resend.fromMs, toMs: resend.toMs },
    { limit: isCounting ? COUNTED_AT_ONCE : SENT_AT_ONCE, after: resend.after, isOldestFirst: true },
  );
  return isCounting ? count(resend, found) : sendPage(resend, found, rooms, deps);
}

function count(resend: Resend, { deliveries, next }: FoundDeliveries): Step {
  const matched = resend.matched + deliveries.filter((one) => matches(resend, one)).length;
  const phase = next === undefined ? 'sending' : 'counting';
  return { resend: { ...resend, matched, phase, after: next }, isFull: false };
}

async function sendPage(
  resend: Resend,
  { deliveries, next }: FoundDeliveries,
  rooms: Rooms,
  deps: ResendDeps,
): Promise<Step> {
  const judged: { delivery: StoredDelivery; verdict: Verdict }[] = [];
  for (const delivery of deliveries) {
    const verdict = await judge(resend, delivery, rooms);
    if (verdict === 'full') break;
    judged.push({ delivery, verdict });
  }
  const those = (wanted: Verdict) => judged.filter(({ verdict }) => verdict === wanted);
  await sendAgain(resend, those('free'), deps);
  const resent = resend.resent + those('free').length + those('resent').length;
  const passedOver = resend.passedOver + those('closed').length;
  const counts = { resent, passedOver, matched: Math.max(resend.matched, resent + passedOver) };
  const last = judged.at(-1)?.delivery;
  if (judged.length < deliveries.length) {
    return { resend: { ...resend, ...counts, after: last ? positionOf(last) : resend.after }, isFull: true };
  }
  const phase = next === undefined ? 'done' : 'sending';
  return { resend: { ...resend, ...counts, phase, after: next }, isFull: false };
}

/** Opens them, and sends those that were not open yet: the others are by another sweep or by hand. */
async function sendAgain(
  { createdAtMs }: Resend,
  free: { delivery: StoredDelivery }[],
  deps: ResendDeps,
): Promise<void> {
  const times = { nowMs: deps.now(), unlessSinceMs: createdAtMs };
  const opened = await Promise.all(
    free.map(async ({ delivery }) => ((await deps.reopen(delivery.id, times)) ? [delivery] : [])),
  );
  const messages = opened.flat().map((delivery) => deliveryMessage(delivery));
  if (messages.length > 0) await deps.send(messages);
}

type Verdict = 'free' | 'full' | 'closed' | 'resent' | 'other';

async function judge(resend: Resend, delivery: StoredDelivery, rooms: Rooms): Promise<Verdict> {
  if (isResent(resend, delivery)) return 'resent';
  return matches(resend, delivery) ? rooms.take(delivery) : 'other';
}

/** It was sent again since the job was made: by the job, before a crash, or by hand. */
function isResent({ createdAtMs }: Resend, { resentAtMs }: StoredDelivery): boolean {
  return resentAtMs !== undefined && resentAtMs >= createdAtMs;
}

function matches(resend: Resend, delivery: StoredDelivery): boolean {
  const { status, action } = delivery;
  if (action === 'no_op' || isTest(delivery) || isResent(resend, delivery)) return false;
  return status !== 'pending' && resend.statuses.includes(status);
}

type RoomDeps = Pick<ResendDeps, 'readFlow' | 'readIntegration' | 'readPace' | 'now'>;

/** How much room the integrations of a job's deliveries have in this sweep. */
class Rooms {
  readonly #deps: RoomDeps;
  readonly #rooms = new Map<string, number | undefined>();

  constructor(deps: RoomDeps) {
    this.#deps = deps;
  }

  async take({ integrationId = '' }: StoredDelivery): Promise<Verdict> {
    if (!this.#rooms.has(integrationId)) {
      this.#rooms.set(integrationId, await this.#roomOf(integrationId));
    }
    const room = this.#rooms.get(integrationId);
    if (room === undefined) return 'closed';
    if (room === 0) return 'full';
    this.#rooms.set(integrationId, room - 1);
    return 'free';
  }

  /** Undefined when it is disabled or was deleted. */
  async #roomOf(integrationId: string): Promise<number | undefined> {
    const { readIntegration, readFlow, readPace, now } = this.#deps;
    const integration = await readIntegration(integrationId);
    if (!integration) return undefined;
    const channel = channelKey(integration);
    const flow = await readFlow(integrationId);
    if (channel === undefined) return roomFor(flow, now());
    return roomFor(flow, now(), { nextMs: await readPace(channel), intervalMs: SLACK_PACE_MS });
  }
}
