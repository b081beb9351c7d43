import { type DeliveryFilter, isChoosing, isChosen } from '../../core/delivery-filter.ts';
import type { StoredDelivery } from '../../store/deliveries.ts';
import { type FoundDeliveries, type HistoryPage, positionOf } from '../../store/history.ts';

/** Bounds what one request reads: where few are chosen, its page is short or empty, and there is a next one. */
const LOOKED_AT = 500;
const READ_AT_ONCE = 100;

type List = (page: HistoryPage) => Promise<FoundDeliveries>;

/** A page of those deliveries of a history that a filter chooses. */
export async function findDeliveries(
  filter: DeliveryFilter,
  { limit, after }: HistoryPage,
  list: List,
): Promise<FoundDeliveries> {
  if (!isChoosing(filter)) return list({ limit, after });
  const deliveries: StoredDelivery[] = [];
  let next = after;
  for (let lookedAt = 0; lookedAt < LOOKED_AT; lookedAt += READ_AT_ONCE) {
    const page = await list({ limit: READ_AT_ONCE, after: next });
    deliveries.push(...page.deliveries.filter((delivery) => isChosen(filter, delivery)));
    next = page.next;
    if (deliveries.length >= limit || next === undefined) break;
  }
  const last = deliveries[limit - 1];
  const isMore = last !== undefined && (deliveries.length > limit || next !== undefined);
  return isMore ? { deliveries: deliveries.slice(0, limit), next: positionOf(last) } : { deliveries, next };
}
