import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, type Section, type Settings, toTable } from './figure.ts';
import { matchScale } from './match-scale.ts';
import { matchWire } from './match-wire.ts';
import { regexSafety } from './regex-safety.ts';
import { ruleLoad } from './rule-load.ts';
import { windowFigures } from './window.ts';

const sections: Record<string, Section> = {
  'match-scale': matchScale,
  'match-wire': matchWire,
  'rule-load': ruleLoad,
  'regex-safety': regexSafety,
  window: windowFigures,
};

const USAGE = `usage: npm run bench:matching -- [section …] [--quick] [--json] [--java] [--go]
  sections: ${Object.keys(sections).join(', ')} (all by default)
  --quick   a smoke run of about 20 s; its figures mean little
  --json    one line of JSON a figure: {"figure", "ours", "peer", "theirs", "ratio", "unit"}
  --java    also against AWS event-ruler (needs Java 17 and Maven)
  --go      also against quamina (needs Go)
Only ratios count: they are medians of the ratios within a round, and say how many times better ours is.`;

function readArguments() {
  const options = { quick: flag, json: flag, java: flag, go: flag, help: flag };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !Object.hasOwn(sections, name));
  if (unknown.length > 0) throw new Error(`there is no section ${unknown.join(', ')}`);
  return { ...values, chosen: positionals.length > 0 ? positionals : Object.keys(sections) };
}

const flag = { type: 'boolean', default: false } as const;

async function main({ chosen, json, quick, java, go }: ReturnType<typeof readArguments>): Promise<void> {
  const say = (line: string) => console.error(line);
  const settings: Settings = { isQuick: quick, withJava: java, withGo: go, say };
  say(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`);
  for (const name of chosen) {
    const begin = performance.now();
    const figures = (await sections[name]?.(settings)) ?? [];
    if (json) for (const figure of figures) console.log(toLine(figure));
    else console.log(`\n${toTable(figures)}\n`);
    say(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
}

const toLine = ({ figure, ours, peer, theirs, ratio, unit }: Figure) =>
  JSON.stringify({ figure, ours, peer, theirs, ratio, unit });

let asked: ReturnType<typeof readArguments>;
try {
  asked = readArguments();
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (asked.help) console.log(USAGE);
else await main(asked);
