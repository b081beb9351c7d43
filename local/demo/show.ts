import { type Evidence, firstMet } from './judge.ts';
import { type Arrival, isVerified } from './receiver.ts';
import { columns, gap, paint, say } from './screen.ts';
import type { DemoAutomation, Stage } from './set-up.ts';

interface StageView {
  url: string;
  stage: Stage;
  receiver: string;
  automations: DemoAutomation[];
}

/** Prints where everything is, and the automations that were saved. */
export function showStage({ url, stage, receiver, automations }: StageView): void {
  gap();
  say('signalbox', url, 'bold');
  say('team', `${stage.team}, with a webhook to ${receiver}`, 'bold');
  columns(automations.map(({ name, shown }) => [name, ...shown])).forEach((line, index) => {
    say(index === 0 ? 'automations' : '', line, 'bold');
  });
  gap();
}

/** Prints one webhook as the receiver got it, the moment that it arrives. */
export function showArrival(arrival: Arrival): void {
  const { payload, token, wandbSignature, standardSignature } = arrival;
  say('webhook', `${payload['automation']}: ${whatHappened(payload)}`, isVerified(arrival) ? 'green' : 'red');
  const proofs = [
    proof('access token', token),
    proof('X-Wandb-Signature', wandbSignature),
    proof('webhook-signature', standardSignature),
  ];
  say('', proofs.join('   '));
}

function proof(name: string, holds: boolean): string {
  return holds ? `${paint('green', '✓')} ${paint('dim', name)}` : paint('red', `✗ ${name}`);
}

function whatHappened({ model, alias, accuracy, step, value }: Arrival['payload']): string {
  if (value !== undefined) return `step ${step}, average loss ${rounded(value)}`;
  return alias === undefined ? `${model}, accuracy ${accuracy}` : `${model} is ${alias}`;
}

/** Prints what was checked, or each thing that is wrong. */
export function showJudgement(evidence: Evidence, problems: string[], quietMs: number): void {
  for (const problem of problems) say('wrong', problem, 'red');
  if (problems.length > 0) return;
  const { condition, losses, expected } = evidence;
  const { window, below } = condition;
  const byHand = firstMet(losses, condition);
  say(
    'by hand',
    `step ${byHand?.step} is the first where ${window} losses average below ${below} (${rounded(byHand?.average)})`,
  );
  say('history', `${expected.length} deliveries, each delivered by its first attempt`);
  say(
    'receiver',
    `${expected.length} webhooks, one for each automation, then ${quietMs / 1000} s of silence`,
  );
}

/** Prints how it ended. */
export function showEnd(problems: string[], durationMs: number): void {
  gap();
  const seconds = (durationMs / 1000).toFixed(1);
  const things = problems.length === 1 ? '1 thing is' : `${problems.length} things are`;
  if (problems.length === 0) say('passed', `in ${seconds} s`, ['bold', 'green']);
  else say('failed', `in ${seconds} s: ${things} wrong`, ['bold', 'red']);
  gap();
}

function rounded(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(6) : String(value);
}
