import { type Arrival, isVerified } from './receiver.ts';

/** One firing as the history tells it. */
export interface HistoryEntry {
  id: string;
  automation: string;
  status: string;
  attempts: number;
}

/** The demo's question to the training's own numbers: where does the average of a window first fall below a bound? */
export interface LossCondition {
  automation: string;
  window: number;
  below: number;
}

/** All that was seen from outside. The judgement uses nothing of the product. */
export interface Evidence {
  condition: LossCondition;
  /** The losses as the training script printed them, by step. */
  losses: readonly { step: number; loss: number }[];
  training: { exitCode: number | null; errors: string };
  /** Names of the automations that must fire once each. */
  expected: readonly string[];
  arrivals: readonly Arrival[];
  history: readonly HistoryEntry[];
}

/** Where a condition was first met, worked out by plain addition. */
export interface FirstMet {
  step: number;
  average: number;
}

/** The first step whose window is full and has an average below the bound. */
export function firstMet(
  losses: Evidence['losses'],
  { window, below }: Pick<LossCondition, 'window' | 'below'>,
): FirstMet | undefined {
  for (let end = window; end <= losses.length; end += 1) {
    let sum = 0;
    for (const { loss } of losses.slice(end - window, end)) sum += loss;
    const step = losses[end - 1]?.step;
    if (step !== undefined && sum / window < below) return { step, average: sum / window };
  }
  return undefined;
}

/** A sentence for each thing that is wrong; none when the demo may end with success. */
export function judge(evidence: Evidence): string[] {
  const untrained = judgeTraining(evidence);
  // Without a finished training the rest is only its echo.
  if (untrained.length > 0) return untrained;
  return [
    ...evidence.expected.flatMap((name) => judgeAutomation(name, evidence)),
    ...judgeStrangers(evidence),
    ...evidence.arrivals.flatMap(judgeProofs),
    ...judgeLoss(evidence),
  ];
}

function judgeTraining({ training: { exitCode, errors }, losses }: Evidence): string[] {
  if (exitCode === null) return ['The training script did not end in time.'];
  if (exitCode !== 0)
    return [`The training script ended with exit code ${exitCode}: ${errors || 'it said nothing'}`];
  return losses.length === 0 ? ['The training script printed no losses.'] : [];
}

function judgeAutomation(name: string, { arrivals, history }: Evidence): string[] {
  const problems: string[] = [];
  const received = arrivals.filter(({ payload }) => payload['automation'] === name).length;
  if (received !== 1) problems.push(`${name}: the receiver got ${requests(received)} and 1 was expected.`);
  const entries = history.filter(({ automation }) => automation === name);
  if (entries.length !== 1) {
    problems.push(`${name}: the history holds ${entries.length} deliveries and 1 was expected.`);
  }
  for (const { id, status, attempts } of entries) {
    if (status !== 'delivered' || attempts !== 1) {
      problems.push(
        `${name}: ${id} is ${status} after ${attempts} attempts; delivered after 1 was expected.`,
      );
    }
    if (status === 'delivered' && !arrivals.some(({ deliveryId }) => deliveryId === id)) {
      problems.push(`${name}: the history says ${id} is delivered, and the receiver never got it.`);
    }
  }
  return problems;
}

function judgeStrangers({ arrivals, history, expected }: Evidence): string[] {
  const names = [
    ...arrivals.map(({ payload }) => String(payload['automation'])),
    ...history.map((e) => e.automation),
  ];
  const strangers = new Set(names.filter((name) => !expected.includes(name)));
  return [...strangers].map((name) => `${name}: this automation fired and was not expected to.`);
}

function judgeProofs(arrival: Arrival): string[] {
  if (isVerified(arrival)) return [];
  const failed = [
    !arrival.token && 'the access token',
    !arrival.wandbSignature && 'X-Wandb-Signature',
    !arrival.standardSignature && 'webhook-signature',
  ].filter((proof) => proof !== false);
  return [`${arrival.payload['automation']}: the receiver could not verify ${failed.join(' and ')}.`];
}

function judgeLoss({ condition, losses, arrivals }: Evidence): string[] {
  const { automation, window, below } = condition;
  const byHand = firstMet(losses, condition);
  if (!byHand) return [`By hand, the average of ${window} losses never fell below ${below}.`];
  return arrivals
    .filter(({ payload }) => payload['automation'] === automation)
    .filter(({ payload: { step, value } }) => step !== byHand.step || !isClose(value, byHand.average))
    .map(
      ({ payload: { step, value } }) =>
        `${automation}: it fired at step ${step} with the value ${value}; by hand it is step ${byHand.step} with ${byHand.average}.`,
    );
}

/** Sums in another order differ in their last digits only. */
function isClose(value: unknown, expected: number): boolean {
  return typeof value === 'number' && Math.abs(value - expected) < 1e-9;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}
