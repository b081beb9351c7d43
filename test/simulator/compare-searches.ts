// Goes through two small worlds in all orders and in those that make a difference, and through one with a planted bug.
import { bundleProduct, type Edit } from './bundle.ts';
import { type Explored, exhaust } from './exhaust.ts';
import { withFolder } from './fleet.ts';
import { plantedBugs } from './planted-bugs.ts';
import { loadProduct } from './product.ts';
import { type SmallWorld, smallWorlds } from './small-worlds.ts';

const MOST_STEPS = 20_000;

const told = ({ isComplete, violations, outcomes, steps }: Explored) => ({
  ...{ isComplete, violations, steps },
  outcomes: [...outcomes].sort(),
});

async function explored(edits: Edit[], name: string, crashes: number) {
  const found = smallWorlds.find((one) => one.name === name) as SmallWorld;
  return withFolder(async (folder) => {
    await bundleProduct(`${folder}/product.mjs`, edits);
    const product = await loadProduct(`${folder}/product.mjs`);
    const search = async (isFull: boolean) =>
      told(await exhaust(product, { ...found, crashes }, { mostSteps: MOST_STEPS, isFull }));
    return { few: await search(false), all: edits.length > 0 ? undefined : await search(true) };
  });
}

const bug = plantedBugs.find(({ name }) => name === 'delivered before it is sent');
console.log(
  JSON.stringify([
    await explored([], '1 event, 1 automation', 1),
    await explored([], '2 points in 2 requests, 1 automation with a latch', 0),
    await explored(bug?.edits ?? [], '1 event, 1 automation', 1),
  ]),
);
