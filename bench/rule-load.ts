import type { Engine } from './engine.ts';
import { peers } from './engines.ts';
import { makeEvents, type WireEvent } from './events.ts';
import type { Figure, Section } from './figure.ts';
import { median } from './figure.ts';
import { collectGarbage, interleave, medianOf, medianRatio } from './measure.ts';
import { type Ours, openOurs } from './ours.ts';
import { type Automation, makeAutomations } from './workload.ts';

const PEER = '@marcbachmann/cel-js';

/**
 * What it takes to load 100,000 automations into an empty index, and to change one of them. They are as the store has
 * them: checked when they were saved, with what the schema fills in. The load ends with the first event of each type,
 * because ours sorts bounds and builds tests only when they are first needed.
 */
export const ruleLoad: Section = async ({ isQuick }) => {
  const figures: Figure[] = [];
  for (const layout of ['spread', 'hot'] as const) {
    const automations = makeAutomations(isQuick ? 10_000 : 100_000, layout);
    const events = firstOfEachType(makeEvents(1_000, automations));
    const series = await interleave(
      [
        loadContestant('ours', openOurs, automations, events),
        loadContestant('peer', peerEngine, automations, []),
      ],
      { rounds: isQuick ? 1 : 5, budgetMs: 0, warmUpMs: 0 },
    );
    const [ours, theirs] = ['ours', 'peer'].map((name) => medianOf(series, name) / 1e6) as [number, number];
    const ratio = medianRatio(series, 'peer', 'ours');
    figures.push({
      figure: `rule-load/${layout}/${automations.length} and the first event of each type`,
      ours,
      peer: PEER,
      theirs,
      ratio,
      unit: 'ms',
    });
    figures.push(await heapFigure(layout, automations), ...(await updateFigures(layout, automations)));
  }
  return figures;
};

const peerEngine = () => peers[PEER]?.() as Engine;

function firstOfEachType(lines: string[]): WireEvent[] {
  const events = lines.map((line) => JSON.parse(line) as WireEvent);
  return [...new Map(events.map((event) => [event.type, event])).values()];
}

function loadContestant(name: string, open: () => Engine, automations: Automation[], events: WireEvent[]) {
  return async () => {
    await collectGarbage();
    const before = performance.now();
    const engine = open();
    engine.load(automations);
    for (const event of events) await engine.match(event);
    return { [name]: (performance.now() - before) * 1e6 };
  };
}

/** What the index holds beside the automations' own JSON. */
async function heapFigure(layout: string, automations: Automation[]): Promise<Figure> {
  const heapAfter = async (load: () => unknown) => {
    await collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = load();
    await collectGarbage();
    return kept ? (process.memoryUsage().heapUsed - before) / 1e6 : 0;
  };
  const filled = (engine: Engine) => {
    engine.load(automations);
    return engine;
  };
  const ours = await heapAfter(() => filled(openOurs()));
  const theirs = await heapAfter(() => filled(peerEngine()));
  return {
    figure: `rule-heap/${layout}/${automations.length}`,
    ours,
    peer: PEER,
    theirs,
    ratio: theirs / ours,
    unit: 'MB',
  };
}

async function updateFigures(layout: string, automations: Automation[]): Promise<Figure[]> {
  const ours = openOurs();
  ours.load(automations);
  // Else a change pays for moving what loading has just made.
  await collectGarbage();
  const times = Array.from({ length: 500 }, (_, at) => updateOne(ours, automations, at));
  const base = { peer: 'bound of 1 ms', theirs: 1, unit: 'ms' };
  const worst = Math.max(...times);
  const typical = median(times);
  return [
    {
      ...base,
      figure: `rule-update/${layout}/${automations.length} median`,
      ours: typical,
      ratio: 1 / typical,
    },
    {
      ...base,
      figure: `rule-update/${layout}/${automations.length} worst of 500`,
      ours: worst,
      ratio: 1 / worst,
    },
  ];
}

/** An automation's trigger changes to another one's, as when a user edits it. */
function updateOne(ours: Ours, automations: Automation[], at: number): number {
  const edited = automations[(at * 7919) % automations.length] as Automation;
  const other = automations[(at * 104_729 + 1) % automations.length] as Automation;
  const { scope, trigger } = other.definition;
  const changed = { ...edited, definition: { ...edited.definition, scope, trigger } };
  const before = performance.now();
  ours.put(changed);
  return performance.now() - before;
}
