import type { EventMessage } from '../../core/event-message.ts';
import type { RunInterest } from '../../core/runs/apply-message.ts';
import type { MetricContext } from '../../core/runs/metrics.ts';
import type { RunName } from '../../store/runs.ts';
import type { RunDeps } from './match-run.ts';

type LastOfOthers = MetricContext['lastOfOthers'];

/**
 * For automations across runs: the last values of the other runs that had ended when a message was received. Read
 * before the message is applied, for the metrics that need it, and only then.
 */
export async function readOthers(
  name: RunName,
  messages: EventMessage[],
  interest: RunInterest,
  deps: Pick<RunDeps, 'readEndedRuns'>,
): Promise<Map<EventMessage, LastOfOthers>> {
  const wanted = [...interest.metrics].map(([metric, indexes]) => ({
    metric,
    runs: Math.max(...indexes.map(({ runs }) => runs)),
  }));
  const others = new Map<EventMessage, LastOfOthers>();
  for (const message of messages) {
    const values = new Map<string, number[]>();
    for (const { metric, runs } of wanted.filter((one) => one.runs > 0)) {
      // One more than wanted: the run itself may be among them.
      const ended = await deps.readEndedRuns({ ...name, metric }, message.receivedAtMs, runs + 1);
      const other = ended.filter(({ run }) => run !== name.run);
      values.set(
        metric,
        other.map(({ value }) => value),
      );
    }
    others.set(message, (metric, runs) => lastOf(values.get(metric), runs));
  }
  return others;
}

function lastOf(values: number[] = [], runs: number): number[] | undefined {
  return values.length >= runs ? values.slice(0, runs) : undefined;
}
