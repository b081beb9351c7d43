import { createInterface } from 'node:readline/promises';
import { DeployedStack } from './deployed-stack.ts';
import { checkedStage, operate, Refusal } from './operate.ts';
import { RetainedData } from './retained-data.ts';

const help = `npm run teardown -- --stage <name> [options]    takes a deployment down, with all that it knows

  --stage <name>  which one
  --keep-data     leaves the table, the admin key, the logs and the teams' secrets
  --yes           does not ask
  --help          prints this

It works in the account and region of your AWS environment, and ends with a list of what is left.`;

const options = {
  stage: { type: 'string' },
  'keep-data': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

async function confirm(stage: string, keepData: boolean): Promise<void> {
  if (!process.stdin.isTTY) throw new Refusal('Nobody is here to ask: give --yes if you mean it.', 2);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const loss = keepData ? 'Its data stays.' : 'Its data is gone for good.';
  const answer = await terminal.question(
    `This takes Signalbox-${stage} down. ${loss} Type its stage to go on: `,
  );
  terminal.close();
  if (answer.trim() !== stage) throw new Refusal('Nothing was done.');
}

/** Refuses to keep what the stack would take along. */
function checkKept(stack: DeployedStack, data: RetainedData): void {
  if (data.outlivesStack) return;
  throw new Refusal(
    `${stack.name} was deployed with retainData=false, so its data goes with it: deploy it with retainData=true first.`,
  );
}

async function takeDown(stack: DeployedStack, data: RetainedData, keepData: boolean): Promise<void> {
  const resources = await stack.resources();
  if (!keepData) await data.unprotect();
  if (resources.length > 0) {
    await stack.delete();
    const gone = resources.filter(({ isRetained }) => !isRetained);
    console.log(`${stack.name} is deleted, and ${gone.length} resources with it`);
  }
  if (!keepData) await data.remove();
}

/** Says what is there now, and answers whether that is nothing. */
async function sayWhatIsLeft(stack: DeployedStack, data: RetainedData, word: string): Promise<boolean> {
  const resources = await stack.resources();
  const left = [...(resources.length > 0 ? [stack.name] : []), ...(await data.left())];
  console.log(left.length === 0 ? `${word}: nothing` : [`${word}:`, ...left].join('\n  '));
  return left.length === 0;
}

await operate(help, options, async (given) => {
  const stage = checkedStage(given.stage);
  const keepData = given['keep-data'];
  const stack = new DeployedStack(stage);
  const standing = await stack.resources();
  const isStanding = standing.length > 0;
  const data = new RetainedData(stage, isStanding ? standing : await stack.leftBehind());
  if (!isStanding && (await data.left()).length === 0) {
    console.log(`There is no stack ${stack.name} in this account and region, and nothing is known of one.`);
    return true;
  }
  if (keepData) checkKept(stack, data);
  if (!given.yes) await confirm(stage, keepData);
  await takeDown(stack, data, keepData);
  const isEmpty = await sayWhatIsLeft(stack, data, keepData ? 'kept' : 'left');
  return keepData || isEmpty;
});
