import type { Call, CallResult } from '../../core/api/client.ts';
import type { RouteName } from '../../core/api/routes.ts';

/** One figure of a deployment. */
export interface Measured {
  what: string;
  value: number;
  unit: string;
}

/** Where the measurements take place: a team with one automation that does nothing but be delivered. */
export interface Ground {
  call: Call;
  team: string;
  automation: string;
  eventType: `custom.${string}`;
}

const TEAM = 'signalbox-bench';
const EVENT_TYPE = 'custom.bench';
const AUTOMATION = {
  name: 'bench',
  team: TEAM,
  scope: { kind: 'team', team: TEAM },
  trigger: { event: EVENT_TYPE },
  action: { type: 'no_op' },
} as const;

export async function prepareGround(call: Call): Promise<Ground> {
  const team = await call('createTeam', { body: { name: TEAM } });
  if (!team.ok && team.status !== 409) throw refused('createTeam', team);
  const list = need('listAutomations', await call('listAutomations', { query: { team: TEAM } }));
  const known = list.automations.find(({ name }) => name === AUTOMATION.name);
  const automation = known ?? need('createAutomation', await call('createAutomation', { body: AUTOMATION }));
  return { call, team: TEAM, automation: automation.id, eventType: EVENT_TYPE };
}

/** What a call answered; ends the bench when it was refused. */
export function need<Name extends RouteName>(
  name: Name,
  result: CallResult<Name>,
): Extract<CallResult<Name>, { ok: true }>['body'] {
  if (result.ok) return result.body;
  throw refused(name, result);
}

function refused(name: string, { status, problem }: { status: number; problem: { detail: string } }): Error {
  return new Error(`${name} was answered with ${status}: ${problem.detail}`);
}

/** The value below which so many per cent of the sample lie. */
export function percentile(sample: number[], percent: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function percentiles(what: string, sample: number[]): Measured[] {
  return [50, 99].map((percent) => ({
    what: `${what}, p${percent} of ${sample.length}`,
    value: percentile(sample, percent),
    unit: 'ms',
  }));
}
