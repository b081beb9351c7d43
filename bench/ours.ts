// TEMPORARY: makeTemporaryIndex becomes the product's index,
//   import { makeMatchIndex } from '../core/matching/match-index.ts'   put(watcher) · remove(id) · match(event) · counts()
// and packBodies and matchBody become what ingest packs and the matcher unpacks (core/event-message.ts).
import { compileRegex } from '../core/filters/regex.ts';
import type { WireEvent } from './events.ts';
import { makeTemporaryIndex } from './temporary-index.ts';
import type { Automation } from './workload.ts';

export interface Ours {
  name: string;
  load(automations: Automation[]): void;
  match(event: WireEvent): string[];
  /** Adds one, or replaces it. */
  put(automation: Automation): void;
  remove(id: string): void;
  /** How many events were matched and how many automations were tried for them, since it was made. */
  counts(): { events: number; candidates: number };
  /** From a message's body as SQS hands it over to the ids matched by its events. */
  matchBody(body: string): string[];
}

/** The product's index as an engine. */
export function openOurs(): Ours {
  const index = makeTemporaryIndex();
  return {
    ...index,
    name: 'signalbox',
    load: (automations) => {
      for (const automation of automations) index.put(automation);
    },
    matchBody: (body) => body.split('\n').flatMap((line) => index.match(JSON.parse(line))),
  };
}

/** The bodies of the messages that ingest makes of these events, about 100 events each. */
export function packBodies(lines: string[]): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < lines.length; at += 100) bodies.push(lines.slice(at, at + 100).join('\n'));
  return bodies;
}

/** What a user's regular expression becomes: a test, or the reason why it is refused. */
export const compilePattern = compileRegex;
