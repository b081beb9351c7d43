import { type PriceName, priceOf } from '../prices.ts';
import type { Meter } from './meter.ts';

/** One line of a bill: how many units a million events take, and what they cost. */
export interface Line {
  service: string;
  what: string;
  count: number;
  price: PriceName;
  dollars: number;
}

export interface Bill {
  lines: Line[];
  total: number;
  /** What the deliveries and their attempts cost lying in the table until they expire; no part of the total. */
  storage: number;
}

const GB = 1e9;
/** What a webhook takes on the wire with TLS and headers: facts/performance.md, and the issue. */
export const WEBHOOK_BYTES = 2_500;
const STORED_MONTHS = 3;

/** What was counted, for a million events at the prices of the day. */
export function billOf(meter: Meter, events: number): Bill {
  const scale = 1e6 / events;
  const line = (service: string, what: string, price: PriceName, count: number): Line => {
    const scaled = count * scale;
    return { service, what, price, count: scaled, dollars: scaled * priceOf(price).dollars };
  };
  const each = (service: string, price: PriceName, group: string, unit = 1) =>
    meter.under(group).map(([what, count]) => line(service, what, price, count / unit));
  const lines = [
    line('API Gateway', 'requests', 'httpApi', meter.count('gateway')),
    ...each('Lambda', 'lambdaRequest', 'lambda').map((one) => ({ ...one, what: `${one.what} invocations` })),
    ...each('Lambda (est.)', 'lambdaGbSecond', 'gbs').map((one) => ({ ...one, what: `${one.what} GB-s` })),
    ...each('SQS', 'sqsFifo', 'sqs').filter(({ what }) => !what.startsWith('standard')),
    ...each('SQS', 'sqsStandard', 'sqs').filter(({ what }) => what.startsWith('standard')),
    ...each('DynamoDB writes', 'dynamoWrite', 'write'),
    ...each('DynamoDB reads', 'dynamoRead', 'read'),
    line('Secrets Manager', 'reads', 'secretRead', meter.count('secrets')),
    ...each('Logs', 'logGb', 'log', GB),
    line('Egress', 'webhooks', 'egressGb', (meter.count('webhooks') * WEBHOOK_BYTES) / GB),
    line('Egress', 'answers', 'egressGb', meter.sum('egress') / GB),
  ];
  const total = lines.reduce((sum, { dollars }) => sum + dollars, 0);
  return { lines, total, storage: storageOf(meter) * scale };
}

const KEPT = ['stored/delivery', 'stored/attempt', 'stored/index of delivery'];

function storageOf(meter: Meter): number {
  const bytes = KEPT.reduce((sum, name) => sum + meter.count(name), 0);
  const aMonth = priceOf('storageGbMonth').dollars + priceOf('backupGbMonth').dollars;
  return (bytes / GB) * STORED_MONTHS * aMonth;
}

const OF_DELIVERIES =
  /delivery|attempt|standard|dispatcher|webhook|integration|team entry|head|revision|Secrets Manager/;

/** What of it goes by deliveries and not by events. */
export function deliverySide({ lines }: Bill): number {
  const ofDeliveries = lines.filter(({ service, what }) => OF_DELIVERIES.test(`${service} ${what}`));
  return ofDeliveries.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** The lines summed by service, dearest first. */
export function byService({ lines }: Bill): [service: string, dollars: number][] {
  const sums = new Map<string, number>();
  for (const { service, dollars } of lines) sums.set(service, (sums.get(service) ?? 0) + dollars);
  return [...sums].sort((a, b) => b[1] - a[1]);
}
