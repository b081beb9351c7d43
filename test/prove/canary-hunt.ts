import { inspect } from 'node:util';
import { checkTemplate } from '../../core/actions/action-template.ts';
import { Secret } from '../../core/secret.ts';
import { type DispatchDeps, dispatch } from '../../lambdas/dispatcher/dispatch.ts';
import { HEAD_BYTES, type OutboundRequest, type SendResult } from '../../lambdas/dispatcher/send.ts';
import { errorLine } from '../../lambdas/shared/log.ts';
import { aDefinition, aDelivery } from '../support/builders.ts';
import { anAutomation, openDoors } from '../support/dispatch-doubles.ts';
import { type CanaryCase, canaryCase, type Dice, diceOf, randomOf } from './canary-cases.ts';
import { showsCanary } from './canary-finder.ts';

export interface CanaryReport {
  templates: number;
  sent: number;
  refused: number;
  failed: number;
  /** Requests in which a canary stood as it should: the hunt is worth something. */
  carrying: number;
  texts: number;
  leaks: string[];
}

/** Sends random templates with canaries in every slot to receivers that echo, and looks for them in all that is kept. */
export async function huntCanaries(templates: number, seed: number): Promise<CanaryReport> {
  const report = { templates, sent: 0, refused: 0, failed: 0, carrying: 0, texts: 0, leaks: [] as string[] };
  for (let at = 0; at < templates; at++) {
    const dice = diceOf(randomOf(seed + at));
    const one = canaryCase(dice);
    const seen: unknown[] = [one.integration, one.action];
    const refusal = checkTemplate(one.action, one.integration);
    if (refusal) {
      report.refused++;
      seen.push(refusal);
    } else await attempt(one, dice, seen, report);
    for (const text of seen.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))) {
      report.texts++;
      if (showsCanary(text)) report.leaks.push(`seed ${seed + at}: ${text.slice(0, 2_000)}`);
    }
  }
  return report;
}

async function attempt(one: CanaryCase, dice: Dice, seen: unknown[], report: CanaryReport): Promise<void> {
  const note = async (...values: unknown[]) => {
    seen.push(...values);
  };
  const isBroken = dice.chance(0.05);
  const deps: DispatchDeps = {
    lease: async (_id, { token }) => ({ delivery: deliveryOf(one), token, attempt: 1 }),
    settle: async (...values) => {
      await note(...values);
      return true;
    },
    ...openDoors(),
    readAttempts: async () => [],
    putAttempt: async (...values) => {
      await note(...values);
      return true;
    },
    ...anAutomation({ definition: aDefinition({ action: one.action }) }),
    readIntegration: async () => one.integration,
    readSecret: async (_team, name) => {
      const secret = new Secret(one.secrets.get(name) ?? '');
      // An outage whose message was written without thought.
      if (isBroken) throw new Error(`could not use ${secret} ${inspect({ secret })}`, { cause: secret });
      return one.secrets.has(name) ? secret : undefined;
    },
    send: async (request) => {
      report.sent++;
      if (showsCanary(JSON.stringify(request))) report.carrying++;
      return echoOf(request, dice);
    },
    requeue: note,
    newToken: () => 'lease',
    random: () => 0,
    now: () => 1_000_000,
    log: note,
  };
  try {
    await dispatch('dlv_1', deps);
  } catch (error) {
    report.failed++;
    await note(errorLine(error), inspect(error));
  }
}

function deliveryOf({ action, integration }: CanaryCase) {
  const facts = {
    run_name: '${GRANTED_1} ${ACCESS_TOKEN}',
    alias: '"},{"x":"${SIGNING}',
    event_type: 'RUN_STATE',
  };
  return aDelivery({ action: action.type, integrationId: integration.id, facts });
}

const quoted = (text: string) => JSON.stringify(text);

/** What receivers do with a request that they show again. */
const echoes: ((request: string, padding: string) => string)[] = [
  (request) => request,
  (request) => JSON.stringify({ data: request, json: { again: request } }),
  (request) => quoted(quoted(request)),
  (request, padding) => Buffer.from(padding + request).toString('base64'),
  (request, padding) => Buffer.from(padding + request).toString('base64url'),
  (request) => Buffer.from(request).toString('hex'),
  (request) => Buffer.from(request).toString('hex').toUpperCase(),
  (request) => `input=${encodeURIComponent(request)}`,
  (request) =>
    encodeURIComponent(request)
      .replaceAll('%20', '+')
      .replace(/%../g, (code) => code.toLowerCase()),
  (request) =>
    `<pre>${request.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')}</pre>`,
  (request) => JSON.stringify(request).replaceAll('/', '\\/'),
  (request) => quoted(encodeURIComponent(request)),
];

/** As the sender does, it keeps so much of the answer and no more. */
function echoOf(request: OutboundRequest, { pick, below, chance }: Dice): SendResult {
  const { url, method, headers, body } = request;
  const parts = [
    body,
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const whole = chance(0.5) ? parts.join('\n') : pick(parts);
  const filler = chance(0.3) ? 'f'.repeat(below(4_500)) : '';
  const text = filler + pick(echoes)(whole, 'p'.repeat(below(6)));
  const room = HEAD_BYTES + (request.extraHeadBytes ?? 0);
  const responseHead = new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true });
  const status = pick([200, 200, 400, 500, 503]);
  const outcome: SendResult['outcome'] =
    status === 200
      ? { kind: 'delivered', status }
      : { kind: status === 400 ? 'refused' : 'failed', code: 'http_status', status };
  return { outcome, durationMs: 3, status, responseHead };
}
