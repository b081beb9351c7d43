// What automations on run states make of a change.
import { takes } from './filter.ts';
import { type History, recordFiring } from './history.ts';
import { mayFire } from './latch.ts';
import { filterSubject, type StateAutomation } from './watching.ts';
import type { Run, State } from './world.ts';

/** A run that changed, as filters see it. */
export interface Changed {
  key: string;
  run: Run;
  user?: string | undefined;
}

/** Judges those whose filter takes a run that changed to a state. */
export function judgeChange(
  history: History,
  watchers: StateAutomation[],
  changed: Changed,
  to: { state: State; occurrence: string },
  atMs: number,
): void {
  for (const watcher of watchers) {
    const { id, trigger } = watcher;
    if (!takes(trigger.filter, filterSubject(changed))) continue;
    const met = names(trigger.states, to.state);
    const earlier = history.judged.filter((each) => each.automation === watcher && each.run === changed.key);
    const fired = met && mayFire(trigger.repeat, earlier, to.state, atMs);
    history.judged.push({ automation: watcher, run: changed.key, latch: to.state, met, fired, atMs });
    const { occurrence } = to;
    if (fired) recordFiring(history, { automation: id, occurrence, receivedAtMs: atMs });
    else if (met) history.heldBack.push(id);
  }
}

/** A run came back from a silence, to the state that it had or to none: that fires nothing, but it may be a change back. */
export function judgeReturn(
  history: History,
  watchers: StateAutomation[],
  changed: Changed,
  state: State | undefined,
  atMs: number,
): void {
  for (const watcher of watchers) {
    const { trigger } = watcher;
    if (!takes(trigger.filter, filterSubject(changed))) continue;
    if (state !== undefined && names(trigger.states, state)) continue;
    const judged = { automation: watcher, run: changed.key, latch: 'none', met: false, fired: false, atMs };
    history.judged.push(judged);
  }
}

/** FAILED takes CRASHED as well. */
function names(states: State[], state: State): boolean {
  return states.includes(state) || (state === 'CRASHED' && states.includes('FAILED'));
}
