import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { type FunctionName, functionSizes } from '../../lib/function-sizes.ts';
import { chunksOf, type Waiting } from './counting-clients.ts';
import { type Functions, queueUrls } from './functions.ts';
import { ACCESS_LINE_BYTES } from './log-bytes.ts';
import type { Meter } from './meter.ts';
import type { SdkTime } from './sdk-time.ts';
import type { Made, Workload } from './workload.ts';

export interface Scenario {
  events: number;
  perRequest: number;
  isMixed: boolean;
  /** How many messages the mapping gets with one receive: 10 where the queues are busy. */
  perReceive: number;
}

export interface Deployment {
  functions: Functions;
  meter: Meter;
  queues: Map<string, Waiting[]>;
  keys: Map<string, string>;
  sdk: SdkTime;
  clock: { nowMs: number };
}

/** Events a second: what goes by the clock (verdicts, cache checks, sweeps) is spread over that many. */
export const RATE = 1_000;

const VERDICT_KEPT_MS = 30_000;
const SWEPT_EVERY_MS = 60_000;
/** A vCPU is what a function with so much memory has. */
const MB_OF_A_CPU = 1_769;
/** For signing, TLS and undici; ours, a generous guess on a whole vCPU. */
export const WEBHOOK_CPU_MS = 2;
const HEADER_BYTES = 250;
const GATEWAY_BYTES = 512 * 1024;

/** Replays events through the deployment; everything that AWS bills is in the meter then. */
export class Replay {
  readonly #deployment: Deployment;
  readonly #scenario: Scenario;
  readonly #verdicts = new Map<string, { verdict: string; untilMs: number }>();
  #sweepAtMs: number;

  constructor(deployment: Deployment, scenario: Scenario) {
    this.#deployment = deployment;
    this.#scenario = scenario;
    this.#sweepAtMs = deployment.clock.nowMs + SWEPT_EVERY_MS;
  }

  async run(workload: Workload): Promise<void> {
    const { events, perRequest, isMixed, perReceive } = this.#scenario;
    const { clock } = this.#deployment;
    for (let sent = 0; sent < events; sent += perRequest) {
      clock.nowMs += (perRequest * 1000) / RATE;
      await this.#post(workload.request(Math.min(perRequest, events - sent), isMixed));
      await this.#drain(perReceive);
      if (clock.nowMs >= this.#sweepAtMs) await this.#sweep();
    }
    await this.#drain(1);
  }

  async #post(made: Made[]): Promise<void> {
    const { meter, functions, keys } = this.#deployment;
    for (const { kind, fires } of made) {
      meter.add(`events/${kind}`);
      if (fires) meter.add(`firing/${kind}`);
    }
    const body = JSON.stringify(made.length === 1 ? made[0]?.event : made.map(({ event }) => event));
    const bytes = Buffer.byteLength(body);
    meter.add('gateway', Math.ceil(bytes / GATEWAY_BYTES));
    meter.add('requests');
    meter.add('bytes/requests', bytes);
    meter.add('log/access lines', ACCESS_LINE_BYTES);
    const key = keys.get(String(made[0]?.event['team'])) ?? '';
    const request = requestOf(body, key, await this.#verdictOf(key));
    let answer: Awaited<ReturnType<Functions['ingest']>> = {};
    await this.#invoke('ingest', async () => {
      answer = await functions.ingest(request);
    });
    if (answer.statusCode !== 202) throw new Error(`ingest answered ${answer.statusCode}: ${answer.body}`);
    meter.add('egress/answers', Buffer.byteLength(answer.body ?? '') + HEADER_BYTES);
  }

  /** As the gateway: it asks again when a verdict is 30 s old. */
  async #verdictOf(key: string): Promise<string> {
    const { clock, functions } = this.#deployment;
    const known = this.#verdicts.get(key);
    if (known && known.untilMs > clock.nowMs) return known.verdict;
    let verdict = '';
    await this.#invoke('authorizer', async () => {
      verdict = await functions.authorizer({ authorization: `Bearer ${key}` });
    });
    this.#verdicts.set(key, { verdict, untilMs: clock.nowMs + VERDICT_KEPT_MS });
    return verdict;
  }

  /** Works off what waits, as long as there are at least so many messages in a queue. */
  async #drain(atLeast: number): Promise<void> {
    const { queues, functions } = this.#deployment;
    for (const [name, url, consumer] of [
      ['fifo', queueUrls.events, 'matcher'],
      ['standard', queueUrls.deliveries, 'dispatcher'],
    ] as const) {
      const waiting = queues.get(url) ?? [];
      let at = 0;
      while (waiting.length - at >= atLeast && at < waiting.length) {
        const received = waiting.slice(at, at + this.#scenario.perReceive);
        at += received.length;
        this.#countReceive(name, received);
        await this.#invoke(consumer, () => functions[consumer]({ Records: received } as unknown as SQSEvent));
      }
      waiting.splice(0, at);
    }
  }

  /** The mapping receives a batch, and deletes it with one request. */
  #countReceive(name: 'fifo' | 'standard', received: Waiting[]): void {
    const { meter } = this.#deployment;
    const bytes = received.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    meter.add(`sqs/${name} receive`, chunksOf(bytes));
    meter.add(`sqs/${name} delete`);
  }

  async #sweep(): Promise<void> {
    this.#sweepAtMs += SWEPT_EVERY_MS;
    await this.#invoke('sweeper', this.#deployment.functions.sweeper);
  }

  /** Bills an invocation by its milliseconds: its CPU at the function's share of one, and its waits. */
  async #invoke(name: FunctionName, work: () => Promise<unknown>): Promise<void> {
    const { meter } = this.#deployment;
    const callsBefore = this.#sdkMs();
    const { cpuMs, waitedMs } = await meter.time(name, work);
    const gb = functionSizes[name].memoryMb / 1024;
    const slowdown = Math.max(1, MB_OF_A_CPU / functionSizes[name].memoryMb);
    const sdkMs = this.#sdkMs() - callsBefore;
    const [own, sdk] = [cpuMs * slowdown, sdkMs * slowdown];
    const billedMs = Math.ceil(own + sdk + waitedMs);
    meter.add(`lambda/${name}`);
    meter.add(`gbs/${name}`, (gb * billedMs) / 1000);
    meter.add(`ms/${name} own code`, own);
    meter.add(`ms/${name} sdk`, sdk);
    meter.add(`ms/${name} waits`, waitedMs);
  }

  /** The CPU that the calls so far would have taken in AWS's SDK, and webhooks in TLS. */
  #sdkMs(): number {
    const { meter, sdk } = this.#deployment;
    const calls = (['read', 'write', 'send'] as const).reduce(
      (sum, kind) => sum + meter.count(`calls/${kind}`) * sdk[kind],
      0,
    );
    return calls + meter.count('webhooks') * WEBHOOK_CPU_MS;
  }
}

function requestOf(body: string, key: string, verdict: string): APIGatewayProxyEventV2 {
  const http = { method: 'POST', path: '/v1/events' };
  return {
    rawPath: '/v1/events',
    rawQueryString: '',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    requestContext: { http, requestId: 'Zp3aFh1tIAMEPrQ=', authorizer: { lambda: { verdict } } },
    body,
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
}
