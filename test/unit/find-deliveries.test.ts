import type { DeliveryFilter } from '../../core/delivery-filter.ts';
import { findDeliveries } from '../../lambdas/admin/find-deliveries.ts';
import { type HistoryPage, positionOf } from '../../store/history.ts';
import { aDelivery } from '../support/builders.ts';

/** 1,200 deliveries, the newest first; each tenth is of the run `wanted`, and half of those failed. */
const all = Array.from({ length: 1_200 }, (_, n) =>
  aDelivery({
    id: `dlv_${n}`,
    createdAtMs: 1_000_000 - n,
    status: n % 20 === 0 ? 'failed' : 'delivered',
    facts: { run_id: n % 10 === 0 ? 'wanted' : 'other', artifact_collection_name: 'detector' },
  }),
);

function aHistory() {
  let read = 0;
  const list = async ({ limit, after }: HistoryPage) => {
    const from = after === undefined ? 0 : all.findIndex((one) => positionOf(one) === after) + 1;
    const deliveries = all.slice(from, from + limit);
    read += deliveries.length;
    const last = deliveries.at(-1);
    return { deliveries, ...(last && from + limit < all.length && { next: positionOf(last) }) };
  };
  return { list, read: () => read };
}

async function pagesOf(filter: DeliveryFilter, limit: number) {
  const pages: string[][] = [];
  const reads: number[] = [];
  let after: string | undefined;
  do {
    const { list, read } = aHistory();
    const { deliveries, next } = await findDeliveries(filter, { limit, after }, list);
    pages.push(deliveries.map(({ id }) => id));
    reads.push(read());
    after = next;
  } while (after !== undefined);
  return { pages, reads };
}

const chosen = (test: (n: number) => boolean) => all.flatMap(({ id }, n) => (test(n) ? [id] : []));

test('without a filter a page is full, and reads no more than it shows', async () => {
  const { list, read } = aHistory();
  const { deliveries, next } = await findDeliveries({}, { limit: 25, after: undefined }, list);
  expect([deliveries.length, read(), next]).toEqual([25, 25, positionOf(all[24]!)]);
});

test.each<[DeliveryFilter, (n: number) => boolean]>([
  [{ run: 'wanted' }, (n) => n % 10 === 0],
  [{ run: 'wanted', status: 'failed' }, (n) => n % 20 === 0],
  [{ run: 'wanted', status: 'pending' }, () => false],
  [{ collection: 'detector', status: 'failed' }, (n) => n % 20 === 0],
  [{ collection: 'Detector' }, () => false],
  [{ integration: 'int_1' }, () => true],
  [{ integration: 'int_2' }, () => false],
])('page after page, all that %j chooses is shown once, by bounded reads', async (filter, isWanted) => {
  const { pages, reads } = await pagesOf(filter, 7);
  expect(pages.flat()).toEqual(chosen(isWanted));
  expect(Math.max(...reads)).toBeLessThanOrEqual(500);
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(7);
});

test('a page may be empty and have a next one: that is where the next request goes on', async () => {
  const { pages } = await pagesOf({ run: 'nobody' }, 7);
  expect(pages).toEqual([[], [], []]);
});
