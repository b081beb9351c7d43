import { parseArgs } from 'node:util';
import { apiClient } from '../core/api/client.ts';
import { measureChain } from './aws/chain.ts';
import { measureColdStart } from './aws/cold.ts';
import { type Ground, type Measured, prepareGround } from './aws/ground.ts';
import { measureThroughput } from './aws/throughput.ts';

const USAGE = `usage: npm run bench:aws -- [options]    measures a deployment of your own, which costs a few cents

  --stage <name>     also cold starts: makes Lambda begin anew with that stage's ingest function, in the account
                     and region of your AWS environment
  --seconds <n>      how long throughput is measured (30)
  --senders <n>      how many requests are under way then (20)
  --help             prints this

SIGNALBOX_URL and SIGNALBOX_API_KEY say which deployment; the key is an org_admin's. Times are seen from here: run it
in the deployment's region. It makes a team signalbox-bench, which stays.`;

function readArguments() {
  const options = {
    stage: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    senders: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const [seconds, senders] = [Number(values.seconds), Number(values.senders)];
  if (!(seconds >= 1 && seconds <= 3_600)) throw new Error('--seconds takes a number from 1 to 3600');
  if (!(Number.isInteger(senders) && senders >= 1 && senders <= 500)) {
    throw new Error('--senders takes a whole number from 1 to 500');
  }
  const { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key } = process.env;
  if (!values.help && (!url || !key)) throw new Error('set SIGNALBOX_URL and SIGNALBOX_API_KEY');
  return { ...values, seconds, senders, url: url ?? '', key: key ?? '' };
}

async function main({ url, key, stage, seconds, senders }: ReturnType<typeof readArguments>): Promise<void> {
  const ground: Ground = await prepareGround(apiClient({ url, key, fetch }));
  const measured: Measured[] = [...(await measureChain(ground))];
  measured.push(...(await measureThroughput(ground, { seconds, senders })));
  if (stage !== undefined) measured.push(...(await measureColdStart(ground, stage)));
  const width = Math.max(...measured.map(({ what }) => what.length));
  for (const { what, value, unit } of measured) {
    const shown = value.toLocaleString('en', { maximumSignificantDigits: 4 });
    console.log(`${what.padEnd(width)}  ${shown.padStart(8)} ${unit}`);
  }
}

let asked: ReturnType<typeof readArguments>;
try {
  asked = readArguments();
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (asked.help) console.log(USAGE);
else {
  await main(asked).catch((error) => {
    console.error((error as Error).message);
    process.exitCode = 1;
  });
}
