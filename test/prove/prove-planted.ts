import { bundleProduct } from '../simulator/bundle.ts';
import { eachOf, sendOff } from '../simulator/fleet.ts';
import { type PlantedBug, plantedBugs } from '../simulator/planted-bugs.ts';
import { count, endProgress, type Proved, type Setting, showProgress } from './part.ts';

/** Most bugs show within a hundred seeds, the rarest within some hundred; what another defence makes up for, in none. */
const MOST_SEEDS = 2_000;

interface Found {
  seed?: number;
  violation?: string;
  fault?: string;
}

/** Plants one bug after the other, and has the simulator look for it. */
export async function provePlanted({ folder, workers, plant }: Setting): Promise<Proved> {
  const wanted = plantedBugs.filter(({ name }) => plant.some((part) => name.includes(part)));
  const found = new Map<PlantedBug, Found>();
  await eachOf(wanted, workers, async (bug) => {
    found.set(bug, await hunt(bug, `${folder}/planted-${plantedBugs.indexOf(bug)}.mjs`));
    showProgress(`${found.size} of ${wanted.length} planted bugs `);
  });
  endProgress();
  return tell(found);
}

async function hunt({ edits }: PlantedBug, file: string): Promise<Found> {
  try {
    await bundleProduct(file, edits);
    const { wrong } = await sendOff({
      bundles: [file],
      seeds: { from: 1, count: MOST_SEEDS, step: 1 },
      stopsEarly: true,
    });
    const [first] = wrong;
    return first ? { seed: first.seed, violation: first.violations[0] ?? '' } : {};
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

function tell(found: Map<PlantedBug, Found>): Proved {
  console.log('| planted bug | found by seed | as |\n|---|---|---|');
  const bugs = [...found.keys()].sort((a, b) => plantedBugs.indexOf(a) - plantedBugs.indexOf(b));
  for (const bug of bugs) {
    const { seed, violation = '', fault } = found.get(bug) ?? {};
    const by = fault ?? seed ?? (bug.redundant === undefined ? 'SURVIVES' : `not seen: ${bug.redundant}`);
    console.log(`| ${bug.name} | ${by} | ${violation.replaceAll(/_[0-9a-f]{16,}/g, '')} |`);
  }
  const isSeen = (bug: PlantedBug) => found.get(bug)?.seed !== undefined;
  const own = bugs.filter(({ redundant }) => redundant === undefined);
  const spares = bugs.filter(({ redundant }) => redundant !== undefined);
  const killed = own.filter(isSeen);
  const hidden = spares.filter((bug) => !isSeen(bug));
  const isRunning = bugs.every((bug) => found.get(bug)?.fault === undefined);
  return {
    isProved: bugs.length > 0 && isRunning && killed.length === own.length && hidden.length === spares.length,
    says: `${count(killed.length)} of ${count(own.length)} planted bugs found; ${hidden.length} of ${spares.length} more lie behind another defence`,
  };
}
