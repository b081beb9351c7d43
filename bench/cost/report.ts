import type { Figure } from '../figure.ts';
import { priceOf } from '../prices.ts';
import { type Bill, byService, deliverySide, type Line } from './bill.ts';
import { dollarsOf, eventBridge } from './event-bridge.ts';
import type { Meter } from './meter.ts';

const dollars = (value: number) => `$${value.toFixed(value < 0.001 ? 5 : 4)}`;
const number = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 4 });

/** A line below this many dollars is summed up with its like. */
const SMALL = 0.0005;

/** Every line of a bill worth a look, by service. */
export function billTable(bill: Bill): string {
  const rows = byService(bill).flatMap(([service, sum]) => [
    [service, '', '', '', dollars(sum)],
    ...linesOf(bill, service).map(({ what, count, price, dollars: cost }) => [
      `  ${what}`,
      number(count),
      `× ${number(priceOf(price).dollars * 1e6)}/M`,
      priceOf(price).unit,
      dollars(cost),
    ]),
  ]);
  return table([...rows, ['total', '', '', '', dollars(bill.total)]], 'lrllr');
}

function linesOf(bill: Bill, service: string): Line[] {
  const all = bill.lines.filter((line) => line.service === service).sort((a, b) => b.dollars - a.dollars);
  const [large, small] = [
    all.filter((one) => one.dollars >= SMALL),
    all.filter((one) => one.dollars < SMALL),
  ];
  const [first] = small;
  if (!first || small.length === 1) return all;
  const sum = (pick: (line: Line) => number) => small.reduce((total, line) => total + pick(line), 0);
  const rest = { what: `${small.length} smaller ones`, count: sum((one) => one.count) };
  return [...large, { ...first, ...rest, dollars: sum((one) => one.dollars) }];
}

/** The same events elsewhere. */
export function elsewhere(): string {
  return eventBridge
    .map(({ name, lines }) => {
      const rows = lines.map(({ service, what, count, price, dollars: cost }) => [
        `  ${service}: ${what}`,
        number(count),
        priceOf(price).unit,
        dollars(cost),
      ]);
      return table([[name, '', '', dollars(dollarsOf(lines))], ...rows], 'lrlr');
    })
    .join('\n');
}

/** Aligns columns: `l` is to the left, `r` to the right. */
function table(rows: string[][], sides: string): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const pad = (text: string, at: number) =>
    sides[at] === 'l' ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** What the replay was, in numbers: how large things were, and how often they were done. */
export function measured(meter: Meter, events: number): string[] {
  const share = (count: number) => `${((100 * count) / events).toFixed(2)} %`;
  const mean = (sum: string, count: string) => number(meter.sum(sum) / Math.max(1, meter.sum(count)));
  const written = (noun: string) =>
    `${noun} ${mean(`written/${noun}`, `writes/${noun}`)} B, ${mean(`write/${noun}`, `writes/${noun}`)} write units`;
  const [metrics, onWatched] = [meter.count('events/metrics'), meter.count('events/watched metrics')];
  return [
    `events: ${number(events)}, ${number(meter.sum('bytes/requests') / events)} B each; metrics ${share(metrics + onWatched)}, ` +
      `${share(onWatched)} on watched metrics; matched ${share(meter.sum('webhooks'))} (meant to: ${share(meter.sum('firing'))})`,
    `messages: ${number(meter.count('messages/fifo') / meter.count('requests'))} a request of ${mean('bytes/fifo', 'messages/fifo')} B; ` +
      `webhook bodies of ${mean('bytes/webhook bodies', 'webhooks')} B`,
    `a write, on average: ${['run', 'delivery', 'attempt'].map(written).join('; ')}`,
    ...['ingest', 'matcher', 'dispatcher'].map((name) => lambdaTime(name, meter)),
  ];
}

function lambdaTime(name: string, meter: Meter): string {
  const invocations = Math.max(1, meter.count(`lambda/${name}`));
  const ms = (part: string) => `${(meter.count(`ms/${name} ${part}`) / invocations).toFixed(1)} ms`;
  return `${name}, an invocation (est.): own code ${ms('own code')}, AWS’s SDK ${ms('sdk')}, waits ${ms('waits')}`;
}

export interface Result {
  name: string;
  goal?: number;
  bill: Bill;
  /** The same with one message a receive. */
  quiet?: Bill;
}

/** The totals against the goals. */
export function totals(results: Result[]): string {
  const rows = results.map(({ name, goal, bill, quiet }) => [
    name,
    dollars(bill.total),
    dollars(deliverySide(bill)),
    quiet ? dollars(quiet.total) : '',
    goal === undefined ? '' : `$${goal.toFixed(2)}`,
    goal === undefined ? '' : verdictOf(bill.total, quiet?.total ?? bill.total, goal),
    dollars(bill.storage),
  ]);
  const head = [
    '$ per million events',
    'busy queues',
    'of it deliveries',
    'quiet queues',
    'goal',
    '',
    'storage, 90 days',
  ];
  return table([head, ...rows], 'lrrrllr');
}

function verdictOf(busy: number, quiet: number, goal: number): string {
  if (quiet <= goal) return 'met';
  return busy <= goal ? 'met when busy' : `missed, ${(busy / goal).toFixed(1)} ×`;
}

/** The totals as figures; the ratio says how many times cheaper ours is. */
export function figuresOf(results: Result[]): Figure[] {
  return results.flatMap(({ name, bill, quiet }) => [
    ...figuresOfTotal(`cost, ${name}, busy queues`, bill.total),
    ...(quiet ? figuresOfTotal(`cost, ${name}, quiet queues`, quiet.total) : []),
  ]);
}

function figuresOfTotal(figure: string, ours: number): Figure[] {
  return eventBridge.map(({ name, lines }) => {
    const theirs = dollarsOf(lines);
    return { figure, ours, peer: name, theirs, ratio: theirs / ours, unit: '$ per million events' };
  });
}
