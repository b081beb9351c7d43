/** Sends to every hostile receiver and prints a report as JSON. Run it with --expose-gc. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllowedRanges } from '../../core/address.ts';
import { makeResolve } from '../../lambdas/dispatcher/resolve.ts';
import { makeSender, type Sender, type SendResult } from '../../lambdas/dispatcher/send.ts';
import { endingOf, type HostileCase, hostileCases, isEndedByDeadline } from './hostile-cases.ts';
import type { ReceiversReady, ReceiversState } from './hostile-receivers.ts';

export interface HostileReport {
  cases: number;
  attempts: number;
  deadlineMs: number;
  endings: Record<string, number>;
  /** The latest end after the deadline, and whose it was. */
  worstOverrunMs: number;
  worstCase: string;
  /** Cases that were to end by themselves and took more than half of a deadline that is long. */
  late: string[];
  /** Cases with another result than expected. */
  wrong: string[];
  /** Growth of the process, which collects its garbage four times a second: at most, and at the end. */
  peakRssBytes: number;
  grownBytes: { rss: number; heap: number; outside: number };
  unhandled: string[];
  /** Kinds of sockets and lookups that were still there at the end. */
  leftOver: string[];
  receivers: ReceiversState;
}

const DEADLINE_MS = 600;
/** For those that end by themselves, so that a machine under load does not cut them. */
const LONG_DEADLINE_MS = 6_000;
const ALLOWED = '127.0.0.0/8';
/** About what the dispatcher has in its hands at a time. */
const IN_PARALLEL = 12;
/** Idle connections are kept for 3 s. */
const UNTIL_IDLE_IS_CLOSED_MS = 3_600;

interface Attempt {
  one: HostileCase;
  result: SendResult;
  tookMs: number;
}

async function main(): Promise<HostileReport> {
  const unhandled: string[] = [];
  process.on('unhandledRejection', (error) => unhandled.push(`rejection: ${error}`));
  process.on('uncaughtException', (error) => unhandled.push(`exception: ${error.stack}`));
  const receivers = fork(resolve(import.meta.dirname, 'hostile-receivers.ts'), { execArgv: [] });
  const [ready] = (await once(receivers, 'message')) as [ReceiversReady];
  const [short, long] = [senderFor(ready, DEADLINE_MS), senderFor(ready, LONG_DEADLINE_MS)];
  const senderOf = (one: HostileCase) => (isEndedByDeadline(one) ? short : long);
  const cases = hostileCases();
  await warmUp(cases, (one, n) => attempt(long, one, n, ready));
  const before = memory();
  const watch = watchRss();
  const mixed = mix([...cases.entries()]);
  const attempts = (await inParallel(mixed, ([n, one]) => attempt(senderOf(one), one, n, ready))).flat();
  const peakRssBytes = watch.stop() - before.rss;
  await sleep(UNTIL_IDLE_IS_CLOSED_MS);
  const after = memory();
  const grownBytes = {
    rss: after.rss - before.rss,
    heap: after.heap - before.heap,
    outside: after.outside - before.outside,
  };
  const leftOver = process
    .getActiveResourcesInfo()
    .filter((kind) => /TCP|TLS|Query|GetAddr|Timeout/.test(kind));
  const state = await stateOf(receivers);
  receivers.disconnect();
  return {
    cases: cases.length,
    ...summary(attempts),
    grownBytes,
    peakRssBytes,
    unhandled,
    leftOver,
    receivers: state,
  };
}

function senderFor({ nameServer, authorities }: ReceiversReady, deadlineMs: number): Sender {
  const allowed = parseAllowedRanges(ALLOWED);
  return makeSender({
    allowedAddresses: ALLOWED,
    deadlineMs,
    resolve: makeResolve({ allowed, servers: [nameServer], hostsFile: '/nonexistent' }),
    certificateAuthority: authorities,
  });
}

/** What is loaded on first use, and V8's room for young objects, grow with any 1,000 requests. */
async function warmUp(cases: HostileCase[], send: (one: HostileCase, n: number) => Promise<unknown>) {
  const numbered = [...cases.entries()];
  const plain = numbered.filter(([, { group }]) => group === 'status');
  const secured = numbered.filter(([, { tls }]) => tls === 'trusted').slice(0, 1);
  const all = [...plain, ...Array.from({ length: 200 }, () => secured).flat(), ...plain];
  await inParallel(all, ([n, one]) => send(one, n));
}

async function attempt(
  send: Sender,
  one: HostileCase,
  n: number,
  { ports }: ReceiversReady,
): Promise<Attempt[]> {
  const scheme = one.tls || one.isHttps ? 'https' : 'http';
  const host = one.dns ? `case-${n}.example.com` : '127.0.0.1';
  const outbound = {
    integrationId: `int_${n}`,
    method: 'POST',
    url: `${scheme}://${host}:${ports[n]}/hook`,
    headers: { 'webhook-id': `dlv_${n}` },
    body: one.bodyBytes ? 'x'.repeat(one.bodyBytes) : '{}',
  } as const;
  const attempts: Attempt[] = [];
  for (let i = 0; i < (one.sends ?? 1); i++) {
    if (i > 0 && one.pauseMs) await sleep(one.pauseMs);
    const startedAt = performance.now();
    const result = await send(outbound);
    attempts.push({ one, result, tookMs: performance.now() - startedAt });
  }
  return attempts;
}

/** One of every kind beside one of every other, in the same order every time. */
function mix<Item>(items: readonly Item[]): Item[] {
  const stride = 389;
  if (items.length % stride === 0) throw new Error('the stride would leave some out');
  return items.map((_, n) => items[(n * stride) % items.length]!);
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, n: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  const lanes = Array.from({ length: IN_PARALLEL }, async () => {
    for (const [n, item] of rest) results[n] = await work(item, n);
  });
  await Promise.all(lanes);
  return results;
}

function summary(attempts: readonly Attempt[]) {
  const judged = attempts.map(judge);
  const endings: Record<string, number> = {};
  for (const { ending } of judged) endings[ending] = (endings[ending] ?? 0) + 1;
  const [worst] = judged.toSorted((a, b) => b.overrunMs - a.overrunMs);
  return {
    attempts: attempts.length,
    deadlineMs: DEADLINE_MS,
    endings,
    worstOverrunMs: worst!.overrunMs,
    worstCase: worst!.name,
    late: judged
      .filter(({ isLate }) => isLate)
      .map(({ name, tookMs }) => `${name}: ${Math.round(tookMs)} ms`),
    wrong: judged.filter(({ problem }) => problem).map(({ name, problem }) => `${name}: ${problem}`),
  };
}

function judge({ one, result, tookMs }: Attempt) {
  const deadlineMs = isEndedByDeadline(one) ? DEADLINE_MS : LONG_DEADLINE_MS;
  return {
    name: `${one.group}: ${one.name}`,
    ending: endingOf(result.outcome),
    tookMs,
    overrunMs: Math.round(tookMs - deadlineMs),
    isLate: deadlineMs === LONG_DEADLINE_MS && tookMs > deadlineMs / 2,
    problem: problemOf(one, result),
  };
}

function problemOf(one: HostileCase, result: SendResult): string | undefined {
  const { outcome, responseHead, status, errorCode } = result;
  const ending = endingOf(outcome);
  if (!one.ends.includes(ending)) return `ended as "${ending}", not as "${one.ends.join('" or "')}"`;
  if (status === 299 && one.sends) return 'took an answer that nobody asked for';
  if ((status === undefined) === (errorCode === undefined))
    return 'has both a status and an error code, or none';
  if ((responseHead?.length ?? 0) > 4_096) return `kept ${responseHead?.length} letters of the answer`;
  if (one.head !== undefined && (responseHead ?? '') !== one.head)
    return `kept ${JSON.stringify(responseHead)}`;
  return problemOfWaiting(one, outcome);
}

function problemOfWaiting(one: HostileCase, outcome: SendResult['outcome']): string | undefined {
  if (one.group !== 'retry-after') return undefined;
  const seconds = outcome.kind === 'failed' ? outcome.retryAfterSeconds : undefined;
  return seconds === one.retryAfterSeconds
    ? undefined
    : `is to wait for ${seconds} s, not ${one.retryAfterSeconds}`;
}

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, outside: external };
}

/** Left alone, V8 lets garbage pile up for as long as the machine has room, and nothing could be told from that. */
function watchRss(): { stop: () => number } {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 20);
  const collector = setInterval(memory, 250);
  return {
    stop: () => {
      clearInterval(timer);
      clearInterval(collector);
      look();
      return peak;
    },
  };
}

async function stateOf(receivers: ChildProcess): Promise<ReceiversState> {
  receivers.send('state');
  const [state] = (await once(receivers, 'message')) as [ReceiversState];
  return state;
}

main().then(
  (report) => {
    console.log(JSON.stringify(report, null, 2));
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
