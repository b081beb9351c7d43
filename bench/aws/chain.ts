import { setTimeout as wait } from 'node:timers/promises';
import { type Ground, type Measured, need, percentiles } from './ground.ts';

const EVENTS = 50;
const PATIENCE_MS = 60_000;

interface Hops {
  /** What the request that posted the event took. */
  posted: number;
  /** From its sending until its delivery was seen in the history. */
  delivered: number;
}

/** One event after the other through the whole chain: how long each part takes where nothing waits. */
export async function measureChain(ground: Ground): Promise<Measured[]> {
  const hops: Hops[] = [];
  // The first ones find cold functions.
  for (let at = -5; at < EVENTS; at++) {
    const hop = await sendOne(ground, `bench-${Date.now()}-${at}`);
    if (at >= 0) hops.push(hop);
  }
  return [
    ...percentiles(
      'POST /v1/events',
      hops.map(({ posted }) => posted),
    ),
    ...percentiles(
      'from sent to seen delivered (asked every 50 ms)',
      hops.map(({ delivered }) => delivered),
    ),
  ];
}

async function sendOne({ call, team, automation, eventType: type }: Ground, id: string): Promise<Hops> {
  const startedAt = performance.now();
  need('postEvents', await call('postEvents', { body: { id, type, team, data: {} } }));
  const posted = performance.now() - startedAt;
  while (performance.now() - startedAt < PATIENCE_MS) {
    const page = await call('listDeliveries', { query: { automation, limit: 5 } });
    const { deliveries } = need('listDeliveries', page);
    const found = deliveries.find(({ facts, status }) => facts['event_id'] === id && status === 'delivered');
    if (found) return { posted, delivered: performance.now() - startedAt };
    await wait(50);
  }
  throw new Error(`event ${id} was not delivered in ${PATIENCE_MS / 1_000} s`);
}
