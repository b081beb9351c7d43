import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, connect } from './api.ts';
import { type Evidence, type HistoryEntry, judge } from './judge.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { gap, say } from './screen.ts';
import {
  type DemoAutomation,
  demoAutomations,
  lossCondition,
  makeSenderKey,
  makeStage,
  makeWebhook,
  newSecrets,
  type Stage,
} from './set-up.ts';
import { showArrival, showEnd, showJudgement, showStage } from './show.ts';
import { findTrainer, parseStep, runTraining, type Trainer, type Twin } from './training.ts';

/** Where Signalbox runs, and the key that may do everything there. */
export interface RunningSignalbox {
  url: string;
  adminKey: string;
}

export interface DemoResult {
  /** A sentence for each thing that is wrong. */
  problems: string[];
  /** Ends the demo's receiver. */
  stop(): Promise<void>;
}

const ARRIVALS_MS = 25_000;
/** How long nothing more may come once everything has. */
const QUIET_MS = 3_000;
const STEPS_BETWEEN_LINES = 500;

/** Plays the demo against a running Signalbox: sets the stage, trains, listens, and judges what it saw. */
export async function playDemo(signalbox: RunningSignalbox, twin?: Twin): Promise<DemoResult> {
  const startedAt = performance.now();
  const trainer = findTrainer(twin);
  if (!trainer)
    throw new Error('no Python 3.9 or newer runs here: install python3, or use --twin=typescript');
  const secrets = newSecrets();
  const receiver = await startReceiver(secrets, showArrival);
  try {
    const api = connect(signalbox.url, signalbox.adminKey);
    const stage = await makeStage(api);
    const integration = await makeWebhook(api, stage.team, receiver.url, secrets);
    const automations = demoAutomations(stage, integration);
    showStage({ url: signalbox.url, stage, receiver: receiver.url, automations });
    const names = await saveAutomations(api, automations);
    const order = { ...stage, url: signalbox.url, key: await makeSenderKey(api, stage.team) };
    const evidence = await watchTraining(trainer, order, receiver, automations);
    const history = await readHistory(api, stage, names);
    const problems = judge({ ...evidence, history });
    showJudgement({ ...evidence, history }, problems, QUIET_MS);
    showEnd(problems, performance.now() - startedAt);
    return { problems, stop: receiver.stop };
  } catch (error) {
    await receiver.stop();
    throw error;
  }
}

/** Saves the automations; returns their names by id. */
async function saveAutomations(api: Api, automations: DemoAutomation[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { name, body } of automations) {
    const { id } = await api('POST', '/v1/automations', { name, ...body });
    names.set(String(id), name);
  }
  return names;
}

type TrainingPlace = Stage & { url: string; key: string };

async function watchTraining(
  trainer: Trainer,
  place: TrainingPlace,
  receiver: Receiver,
  automations: DemoAutomation[],
): Promise<Omit<Evidence, 'history'>> {
  say('training', `examples/${trainer.script} on ${trainer.language}`, 'bold');
  const losses: { step: number; loss: number }[] = [];
  const training = await runTraining(trainer, { ...place, run: randomBytes(4).toString('hex') }, (line) => {
    const step = parseStep(line);
    if (step) losses.push(step);
    if (!step || step.step % STEPS_BETWEEN_LINES === 0) say(trainer.script, line);
  });
  if (training.exitCode === 0) await waitForArrivals(receiver, automations.length);
  gap();
  const expected = automations.map(({ name }) => name);
  return { losses, training, expected, arrivals: [...receiver.arrivals], condition: lossCondition };
}

async function waitForArrivals(receiver: Receiver, count: number): Promise<void> {
  const end = Date.now() + ARRIVALS_MS;
  while (receiver.arrivals.length < count && Date.now() < end) await sleep(50);
  await sleep(QUIET_MS);
}

async function readHistory(api: Api, { team }: Stage, names: Map<string, string>): Promise<HistoryEntry[]> {
  const { deliveries } = await api('GET', `/v1/deliveries?team=${team}`);
  return (deliveries as Record<string, unknown>[]).map((delivery) => ({
    id: String(delivery['id']),
    automation: names.get(String(delivery['automation'])) ?? String(delivery['automation']),
    status: String(delivery['status']),
    attempts: Number(delivery['attempt_count']),
  }));
}
