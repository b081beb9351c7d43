import { bundleProduct } from '../simulator/bundle.ts';
import { eachOf, sendOff } from '../simulator/fleet.ts';
import { type PlantedBug, plantedBugs } from '../simulator/planted-bugs.ts';
import { count, endProgress, type Proved, type Setting, showProgress } from './part.ts';

/** Most bugs show within a hundred seeds; the rarest need two crashes in the right places. */
const MOST_SEEDS = 30_000;
/** What another defence makes up for must not show in as many. */
const MOST_SEEDS_OF_SPARES = 2_000;

interface Found {
  seed?: number;
  violation?: string;
  fault?: string;
}

/** Plants one bug after the other, and has the simulator look for it. */
export async function provePlanted({ folder, workers }: Setting): Promise<Proved> {
  const found = new Map<PlantedBug, Found>();
  await eachOf(plantedBugs, workers, async (bug) => {
    found.set(bug, await hunt(bug, `${folder}/planted-${plantedBugs.indexOf(bug)}.mjs`));
    showProgress(`${found.size} of ${plantedBugs.length} planted bugs `);
  });
  endProgress();
  return tell(found);
}

async function hunt({ edits, redundant }: PlantedBug, file: string): Promise<Found> {
  try {
    await bundleProduct(file, edits);
    const most = redundant === undefined ? MOST_SEEDS : MOST_SEEDS_OF_SPARES;
    const { wrong } = await sendOff({
      bundles: [file],
      seeds: { from: 1, count: most, step: 1 },
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
  for (const bug of plantedBugs) {
    const { seed, violation = '', fault } = found.get(bug) ?? {};
    const by = fault ?? seed ?? (bug.redundant === undefined ? 'SURVIVES' : `not seen: ${bug.redundant}`);
    console.log(`| ${bug.name} | ${by} | ${violation.replaceAll(/_[0-9a-f]{16,}/g, '')} |`);
  }
  const own = plantedBugs.filter(({ redundant }) => redundant === undefined);
  const killed = own.filter((bug) => found.get(bug)?.seed !== undefined);
  const broken = plantedBugs.filter((bug) => found.get(bug)?.fault !== undefined);
  const spares = plantedBugs.length - own.length;
  return {
    isProved: killed.length === own.length && broken.length === 0,
    says: `${count(killed.length)} of ${count(own.length)} planted bugs found; ${spares} more lie behind another defence`,
  };
}
