import { parseContestant } from './contest.ts';
import { groupByRun, makeEvents } from './events.ts';
import type { Figure, Section, Settings } from './figure.ts';
import { openRuled, type Ruled } from './foreign.ts';
import { type Contestant, interleave, kept, medianOf, medianRatio, type Series } from './measure.ts';
import { openOurs, packBodies } from './ours.ts';
import { makeReference } from './reference.ts';
import { type Automation, type Layout, makeAutomations } from './workload.ts';

const JSON_PARSE = "JSON.parse of the events' bytes";

/**
 * From the bytes that the queue hands over to the ids that match, against what must be paid to parse the events alone.
 * Requests have 100 events. "Of many runs": nearly each event is a message by itself, which is the worst that clients
 * can do. "Run by run": as clients send that collect the events of a run.
 */
export const matchWire: Section = async (settings) => {
  const figures: Figure[] = [];
  for (const layout of ['spread', 'hot'] as const) {
    for (const size of settings.isQuick ? [1_000] : [10, 1_000, 100_000]) {
      figures.push(...(await layoutFigures(layout, size, settings)));
    }
  }
  return figures;
};

interface Wire {
  label: string;
  automations: Automation[];
  lines: string[];
}

async function layoutFigures(layout: Layout, size: number, settings: Settings): Promise<Figure[]> {
  const automations = makeAutomations(size, layout);
  const lines = makeEvents(settings.isQuick ? 2_000 : 20_000, automations);
  const label = `match-wire/${layout}/${size}`;
  return [
    ...(await wireFigures({ label: `${label} of many runs`, automations, lines }, settings)),
    ...(await wireFigures({ label: `${label} run by run`, automations, lines: groupByRun(lines) }, settings)),
  ];
}

async function wireFigures(all: Wire, settings: Settings): Promise<Figure[]> {
  // event-ruler takes minutes to load numeric ranges by the ten thousand.
  const isForeignSize = all.automations.length <= 1_000;
  const ruler =
    settings.withJava && isForeignSize ? await openRuled('event-ruler', all, settings) : undefined;
  const figures = await contest(all, ruler, settings);
  if (!settings.withGo || !isForeignSize) return figures;
  const few = withoutNumbers(all);
  const quamina = await openRuled('quamina', few, settings);
  return quamina ? [...figures, ...(await contest(few, quamina, settings))] : figures;
}

/** quamina has no numeric ranges: all without run.metrics, the automations and the events. */
function withoutNumbers({ label, automations, lines }: Wire): Wire {
  return {
    label: `${label} without metrics`,
    automations: automations.filter(({ definition }) => definition.trigger.event !== 'run.metrics'),
    lines: lines.filter((line) => !line.includes('"type":"run.metrics"')),
  };
}

async function contest(wire: Wire, foreign: Ruled | undefined, settings: Settings): Promise<Figure[]> {
  const { isQuick, say } = settings;
  const ours = openOurs();
  ours.load(wire.automations);
  const bodies = packBodies(wire.lines);
  say(describeBodies(wire, bodies));
  const matches = assertMatches(wire, bodies.flatMap((body) => ours.matchBody(body)).length);
  const contestants: Contestant[] = [
    (budgetMs) => ({
      ours: perEvent(budgetMs, wire.lines.length, bodies, (body) => ours.matchBody(body).length),
    }),
    parseContestant(JSON_PARSE, wire.lines),
  ];
  if (foreign)
    contestants.push(async (budgetMs) => ({ [foreign.name]: await foreign.round(budgetMs, matches) }));
  try {
    const series = await interleave(
      contestants,
      isQuick
        ? { rounds: 3, budgetMs: 40, warmUpMs: 100 }
        : { rounds: 9, budgetMs: 120, warmUpMs: foreign ? 4_000 : 400 },
    );
    return [JSON_PARSE, ...(foreign ? [foreign.name] : [])].map((peer) => toFigure(wire.label, series, peer));
  } finally {
    await foreign?.close();
  }
}

function describeBodies({ label, lines }: Wire, bodies: string[]): string {
  const bytes = bodies.reduce((sum, { length }) => sum + length, 0) / lines.length;
  const each = lines.length / bodies.length;
  return `${label}: ${each.toFixed(1)} events a message, ${bytes.toFixed(0)} bytes an event`;
}

/** Matched ids are compared one by one in match-scale; here their number on a sample, and in all with the peers. */
function assertMatches({ automations, lines, label }: Wire, total: number): number {
  if (automations.length > 1_000) return total;
  const reference = makeReference();
  reference.load(automations);
  const wanted = lines.reduce((sum, line) => sum + (reference.match(JSON.parse(line)) as string[]).length, 0);
  if (total !== wanted)
    throw new Error(`${label}: ${total} matches from the messages, the reference has ${wanted}`);
  return total;
}

function toFigure(figure: string, series: Series, peer: string): Figure {
  const us = (name: string) => medianOf(series, name) / 1000;
  return {
    figure,
    ours: us('ours'),
    peer,
    theirs: us(peer),
    ratio: medianRatio(series, peer, 'ours'),
    unit: 'us/event',
  };
}

/** Runs the parts round and round until the time is used; ns an event, of which the parts together hold `events`. */
function perEvent(budgetMs: number, events: number, parts: string[], work: (part: string) => number): number {
  const begin = performance.now();
  let done = 0;
  let elapsed = 0;
  do {
    for (let step = 0; step < 10; step++) kept.count += work(parts[done++ % parts.length] as string);
    elapsed = performance.now() - begin;
  } while (elapsed < budgetMs);
  return (elapsed * 1e6) / ((done * events) / parts.length);
}
