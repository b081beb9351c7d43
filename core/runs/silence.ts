import type { RunStateEvent } from '../event.ts';
import { derivedId } from '../id.ts';
import type { Pulse } from './memory.ts';

/** The event that a run's silence makes: it crashed, as far as anybody can tell (our choice, as W&B's server does). */
export interface SilenceEvent extends RunStateEvent {
  /** When the run was last heard of: if it was heard of since, the event says nothing. */
  silentSinceMs: number;
}

/** The same silence makes the same event, however often it is reported. */
export function silenceEvent(
  name: { team: string; project: string; run: string },
  pulse: Pulse,
): SilenceEvent {
  const { team, project, run } = name;
  const { lastAtMs, user } = pulse;
  return {
    type: 'run.state',
    id: derivedId('evt', 'silence', team, project, run, String(lastAtMs)),
    team,
    project,
    ...(user !== undefined && { user }),
    run: pulse.run,
    state: 'CRASHED',
    silentSinceMs: lastAtMs,
  };
}
