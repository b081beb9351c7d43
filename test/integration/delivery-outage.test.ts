import { readAttempts, readDelivery } from '../../store/deliveries.ts';
import { readHealth } from '../../store/health.ts';
import { startStore } from '../support/store-table.ts';
import { delivered, down, timedOut, VirtualDelivery } from '../support/virtual-delivery.ts';

let store: Awaited<ReturnType<typeof startStore>>;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const start = Date.UTC(2026, 0, 1);

test('an endpoint is down for three hours: every delivery arrives afterwards, each once, as the history says', async () => {
  const world = new VirtualDelivery(store.table, start);
  const backAtMs = start + 3 * HOUR_MS;
  const integration = await world.integration('int', (atMs) =>
    atMs < backAtMs ? { outcome: down, durationMs: 100 } : { outcome: delivered, durationMs: 100 },
  );
  const automation = await world.automation('aut', integration);
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) {
    ids.push(await world.fire(`d${n}`, automation, integration));
    await world.runFor(200_000);
  }
  await world.runUntil(backAtMs + 40 * MINUTE_MS);

  expect(world.problems).toEqual([]);
  const arrived = world.posts.filter(({ outcome }) => outcome.kind === 'delivered');
  expect(arrived.map(({ delivery }) => delivery).sort()).toEqual([...ids].sort());
  // The circuit is tried every 15 minutes, and all that wait go out then: trying it costs nobody his schedule.
  expect(Math.max(...arrived.map(({ endMs }) => endMs - backAtMs))).toBeLessThan(20 * MINUTE_MS);
  for (const id of ids) {
    expect(await readDelivery(store.table, id)).toMatchObject({ status: 'delivered' });
    const history = (await readAttempts(store.table, id)).map((one) => [one.startedAtMs, one.outcome]);
    const seen = world.posts.filter((post) => post.delivery === id);
    expect(history).toEqual(seen.map((post) => [post.startMs, post.outcome.kind]));
  }
  expect(await readHealth(store.table, integration)).toEqual({});
  // A dead endpoint is not hammered: five failures, and then one attempt each time that it is tried.
  expect(world.posts.length - arrived.length).toBeLessThan(25);
}, 120_000);

test('one endpoint hangs with 500 deliveries: another one is as fast as alone', async () => {
  const alone = await lagsOfOther(0);
  const beside = await lagsOfOther(500);
  const p99 = (lags: number[]) => lags.sort((a, b) => a - b)[Math.floor(lags.length * 0.99)]!;
  const [quiet, loaded] = [p99(alone), p99(beside)];
  expect(loaded).toBeLessThanOrEqual(2 * quiet);
}, 300_000);

async function lagsOfOther(hanging: number): Promise<number[]> {
  const world = new VirtualDelivery(store.table, start);
  const hangs = await world.integration('hangs', () => ({ outcome: timedOut, durationMs: 15_000 }));
  const other = await world.integration('other', () => ({ outcome: delivered, durationMs: 50 }));
  const [a, b] = [
    await world.automation('a', hangs, { delivery: { supersede: false, max_per_minute: 600 } }),
    await world.automation('b', other, { delivery: { supersede: false, max_per_minute: 600 } }),
  ];
  for (let n = 0; n < hanging; n++) await world.fire(`h${n}`, a, hangs);
  for (let n = 0; n < 100; n++) {
    await world.fire(`o${n}`, b, other);
    await world.runFor(600);
  }
  await world.runFor(60_000);
  expect(world.problems).toEqual([]);
  const posts = world.posts.filter(({ integration }) => integration === other);
  expect(posts).toHaveLength(100);
  return posts.map(({ endMs }, n) => endMs - (start + n * 600));
}
