import { type PriceName, priceOf } from '../prices.ts';
import { type Line, WEBHOOK_BYTES } from './bill.ts';
import { assumedWaits } from './counting-clients.ts';
import { share } from './workload.ts';

/*
 * What the same million events cost on EventBridge, computed and not replayed: custom events, rules, API destinations.
 * Its rules know no windows, so a second bill adds what one would build: a rule hands the events on watched metrics to
 * a function that keeps a run's windows in DynamoDB, and sends what fires back to the bus. Neither has a door for API
 * keys, a history, an attempt log or a resend.
 */

const EVENTS = 1e6;
const MATCHED = EVENTS * share.firing;
const ON_WATCHED = EVENTS * share.metrics * share.watched;
const FIRED_BY_WINDOWS = ON_WATCHED * share.firing;

/** A small function: it waits for a read and a write, and computes next to nothing. */
const FUNCTION = { gb: 0.25, ownMs: 5 };

const line = (service: string, what: string, price: PriceName, count: number): Line => ({
  service,
  what,
  price,
  count,
  dollars: count * priceOf(price).dollars,
});

const stateless = [
  line('EventBridge', 'custom events', 'eventBridgeEvent', EVENTS),
  line('EventBridge', 'API destinations', 'apiDestination', MATCHED),
  line('Egress', 'webhooks', 'egressGb', (MATCHED * WEBHOOK_BYTES) / 1e9),
];

const gbSeconds = (FUNCTION.gb * (FUNCTION.ownMs + assumedWaits.read + assumedWaits.write)) / 1_000;

const windows = [
  line('Lambda', 'invocations', 'lambdaRequest', ON_WATCHED),
  line('Lambda', 'GB-s', 'lambdaGbSecond', ON_WATCHED * gbSeconds),
  line('DynamoDB', 'run state, read', 'dynamoRead', ON_WATCHED),
  line('DynamoDB', 'run state, written', 'dynamoWrite', ON_WATCHED),
  line('EventBridge', 'events of windows that were met', 'eventBridgeEvent', FIRED_BY_WINDOWS),
];

/** Two ways to have it on EventBridge, for a million events. */
export const eventBridge: readonly { name: string; lines: readonly Line[] }[] = [
  { name: 'EventBridge, stateless', lines: stateless },
  { name: 'EventBridge with windows in a Lambda', lines: [...stateless, ...windows] },
];

export function dollarsOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}
