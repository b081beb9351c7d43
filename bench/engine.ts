import type { WireEvent } from './events.ts';
import type { Automation } from './workload.ts';

/** What every contestant does: takes the automations once, then names those that an event matches. */
export interface Engine {
  name: string;
  load(automations: Automation[]): void;
  match(event: WireEvent): string[] | Promise<string[]>;
}
