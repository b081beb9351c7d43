import { assertSameMatches, engineContestant, type Parsed, parseContestant, sampleOf } from './contest.ts';
import type { Engine } from './engine.ts';
import { peers } from './engines.ts';
import { makeEvents } from './events.ts';
import type { Figure, Section, Settings } from './figure.ts';
import { collectGarbage, interleave, medianOf, medianRatio, type Rounds } from './measure.ts';
import { type Ours, openOurs } from './ours.ts';
import { makeReference } from './reference.ts';
import { type Automation, type Layout, makeAutomations } from './workload.ts';

const SIZES = [10, 1_000, 100_000];
const QUICK_SIZES = [10, 1_000, 10_000];

/** At 100,000 rules only these two are waited for; the others need up to seconds an event or gigabytes. */
const AT_LARGEST = ['json-logic-engine', 'mingo'];

interface World {
  size: number;
  automations: Automation[];
  lines: string[];
  reference: Engine;
  ours: Ours;
}

/** Cost of an event that is parsed already, by how many automations exist and how they lie. */
export const matchScale: Section = async (settings) => [
  ...(await layoutFigures('spread', settings)),
  ...(await layoutFigures('hot', settings)),
];

async function layoutFigures(layout: Layout, settings: Settings): Promise<Figure[]> {
  settings.say(`match-scale: making ${layout} workloads`);
  const worlds = (settings.isQuick ? QUICK_SIZES : SIZES).map((size) => makeWorld(size, layout, settings));
  for (const world of worlds) {
    const sample = sampleOf(world.lines, settings.isQuick ? 50 : 200);
    const matches = await assertSameMatches(world.ours, world.reference, sample);
    settings.say(describeWorld(world, layout, matches));
  }
  const figures: Figure[] = [];
  for (const parsed of ['just before', 'earlier'] as const) {
    figures.push(...(await growthFigures(worlds, layout, parsed, settings)));
  }
  figures.push(...worlds.map((world) => candidateFigure(world, layout)));
  for (const world of worlds) figures.push(...(await peerFigures(world, layout, settings)));
  return figures;
}

function makeWorld(size: number, layout: Layout, { isQuick }: Settings): World {
  const automations = makeAutomations(size, layout);
  const [reference, ours] = [makeReference(), openOurs()];
  for (const engine of [reference, ours]) engine.load(automations);
  return { size, automations, lines: makeEvents(isQuick ? 2_000 : 20_000, automations), reference, ours };
}

function describeWorld({ size, lines }: World, layout: Layout, matches: number): string {
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  return `match-scale: ${layout} ${size}: ${matches.toFixed(2)} matches an event on average, ${bytes.toFixed(0)} bytes an event`;
}

async function growthFigures(
  worlds: World[],
  layout: Layout,
  parsed: Parsed,
  { isQuick }: Settings,
): Promise<Figure[]> {
  const nameOf = ({ size }: World) => String(size);
  await collectGarbage();
  const contestants = worlds.flatMap((world) => [
    engineContestant(nameOf(world), world.ours, world.lines, parsed),
    parseContestant(`${nameOf(world)} parse`, world.lines),
  ]);
  const rounds = isQuick ? quickRounds : { rounds: 15, budgetMs: 70, warmUpMs: 400 };
  const series = await interleave(contestants, rounds);
  const figure = (label: string, [ours, theirs]: [string, string], ratio: number, peer: string): Figure => ({
    figure: `${label}, parsed ${parsed}`,
    ours: medianOf(series, ours) / 1000,
    peer,
    theirs: medianOf(series, theirs) / 1000,
    ratio,
    unit: 'us/event',
  });
  const names = worlds.map(nameOf);
  const [smallest = '', largest = ''] = [names[0], names.at(-1)];
  return [
    ...names.map((name) => {
      const ratio = medianRatio(series, `${name} parse`, name);
      return figure(`match/${layout}/${name}`, [name, `${name} parse`], ratio, 'JSON.parse of the event');
    }),
    figure(
      `match-growth/${layout} (ratio = cost(${largest}) / cost(${smallest}))`,
      [largest, smallest],
      medianRatio(series, largest, smallest),
      `ours at ${smallest}`,
    ),
  ];
}

function candidateFigure({ size, ours, lines }: World, layout: Layout): Figure {
  const before = ours.counts().candidates;
  for (const line of lines) ours.match(JSON.parse(line));
  const candidates = (ours.counts().candidates - before) / lines.length;
  return {
    figure: `match-candidates/${layout}/${size}`,
    ours: candidates,
    peer: 'linear over all',
    theirs: size,
    ratio: size / candidates,
    unit: 'tried/event',
  };
}

const quickRounds: Rounds = { rounds: 3, budgetMs: 20, warmUpMs: 60 };

async function peerFigures(world: World, layout: Layout, settings: Settings): Promise<Figure[]> {
  const { size, automations, lines, reference, ours } = world;
  const isLargest = size > 1_000;
  const names = Object.keys(peers).filter(
    (name) => !isLargest || (!settings.isQuick && AT_LARGEST.includes(name)),
  );
  const skipped = Object.keys(peers).filter((name) => !names.includes(name));
  if (skipped.length > 0)
    settings.say(`match-scale: ${layout} ${size}: skipped as too slow: ${skipped.join(', ')}`);
  const engines = names.map((name) => peers[name]?.() as Engine);
  for (const engine of engines) {
    engine.load(automations);
    await assertSameMatches(
      engine,
      reference,
      sampleOf(lines, sampleSize(size, engine.name, settings.isQuick)),
    );
  }
  const compared = engines
    .map(({ name }) => `${name} ${sampleSize(size, name, settings.isQuick)}`)
    .join(', ');
  if (compared) settings.say(`match-scale: ${layout} ${size}: same matches on so many events: ${compared}`);
  await collectGarbage();
  const contestants = [ours, reference, ...engines].map((engine) =>
    engineContestant(engine.name, engine, lines),
  );
  const series = await interleave(contestants, roundsFor(isLargest, settings.isQuick));
  return [reference, ...engines].map(({ name }) => ({
    figure: `match-scale/${layout}/${size}`,
    ours: medianOf(series, ours.name) / 1000,
    peer: name,
    theirs: medianOf(series, name) / 1000,
    ratio: medianRatio(series, name, ours.name),
    unit: 'us/event',
  }));
}

function roundsFor(isLargest: boolean, isQuick: boolean): Rounds {
  if (isQuick) return quickRounds;
  return isLargest ? { rounds: 7, budgetMs: 60, warmUpMs: 200 } : { rounds: 9, budgetMs: 60, warmUpMs: 300 };
}

/** How many events an engine is compared on: what it can do in about a second. */
function sampleSize(size: number, engine: string, isQuick: boolean): number {
  const isSlow = ['json-rules-engine', 'cel-js'].includes(engine);
  const full = size <= 10 ? 500 : size > 1_000 ? 8 : isSlow ? 30 : 300;
  return isQuick ? Math.ceil(full / 5) : full;
}
