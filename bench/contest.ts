import type { Engine } from './engine.ts';
import type { WireEvent } from './events.ts';
import { type Contestant, kept } from './measure.ts';
import { seeded } from './random.ts';

const CHUNK = 50;

/** When the events are parsed: each chunk right before it is matched, or all of them before anything is timed. */
export type Parsed = 'just before' | 'earlier';

/**
 * An engine over the events; ns an event for matching alone. Parsed just before, an event is as in a real matcher:
 * warm in the cache, while its strings have not been hashed yet. Parsed earlier, it is the other way round.
 */
export function engineContestant(
  name: string,
  engine: Engine,
  lines: string[],
  parsed: Parsed = 'just before',
): Contestant {
  const nextChunk = chunksOf(lines, parsed);
  let size = 1;
  return async (budgetMs) => {
    const spent = { ms: 0, events: 0 };
    const end = performance.now() + budgetMs;
    do {
      const events = nextChunk(size);
      const begin = performance.now();
      const pending = matchAll(engine, events);
      if (pending !== undefined) await pending;
      const elapsed = performance.now() - begin;
      spent.ms += elapsed;
      spent.events += events.length;
      if (elapsed < 1) size = Math.min(CHUNK, lines.length, size * 2);
    } while (performance.now() < end);
    return { [name]: (spent.ms * 1e6) / spent.events };
  };
}

const parse = (line: string) => JSON.parse(line) as WireEvent;

function chunksOf(lines: string[], parsed: Parsed): (size: number) => WireEvent[] {
  const events = parsed === 'earlier' ? lines.map(parse) : undefined;
  let at = 0;
  return (size) => {
    if (at + size > lines.length) at = 0;
    at += size;
    return events?.slice(at - size, at) ?? lines.slice(at - size, at).map(parse);
  };
}

/** Nothing but JSON.parse over the lines; ns a line. */
export function parseContestant(name: string, lines: string[]): Contestant {
  let at = 0;
  return (budgetMs) => {
    const begin = performance.now();
    let done = 0;
    let elapsed = 0;
    do {
      for (let step = 0; step < CHUNK; step++) {
        kept.count += parse(lines[at++ % lines.length] as string).type.length;
      }
      done += CHUNK;
      elapsed = performance.now() - begin;
    } while (elapsed < budgetMs);
    return { [name]: (elapsed * 1e6) / done };
  };
}

/** Answers with a promise only for an engine that does: awaiting costs more than a fast match. */
function matchAll(engine: Engine, events: WireEvent[]): Promise<void> | undefined {
  for (let at = 0; at < events.length; at++) {
    const matched = engine.match(events[at] as WireEvent);
    if (matched instanceof Promise) return finish(engine, matched, events.slice(at + 1));
    kept.count += matched.length;
  }
  return undefined;
}

async function finish(engine: Engine, first: Promise<string[]>, rest: WireEvent[]): Promise<void> {
  kept.count += (await first).length;
  for (const event of rest) kept.count += (await engine.match(event)).length;
}

/** Lines in another order, by type as mixed as before: a sample that a slow engine can finish. */
export function sampleOf(lines: string[], size: number, seed = 3): string[] {
  const random = seeded(seed);
  return Array.from({ length: Math.min(size, lines.length) }, () => random.pick(lines));
}

/** Throws unless the engine names the very automations that the reference names, event by event. */
export async function assertSameMatches(engine: Engine, reference: Engine, lines: string[]): Promise<number> {
  let matches = 0;
  for (const line of lines) {
    const event = parse(line);
    const wanted = [...(await reference.match(event))].sort();
    const got = [...(await engine.match(event))].sort();
    matches += wanted.length;
    if (JSON.stringify(got) === JSON.stringify(wanted)) continue;
    throw new Error(`${engine.name} matches [${got}], the reference [${wanted}], for the event ${line}`);
  }
  return matches / lines.length;
}
