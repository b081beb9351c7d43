import type { SQSBatchResponse } from 'aws-lambda';
import { type MatchBatchDeps, matchBatch, type QueueRecord } from '../../lambdas/matcher/match-batch.ts';
import { putDelivery } from '../../store/deliveries.ts';
import {
  aCustomEvent,
  aDelivery,
  aLinkedEvent,
  aMetricsEvent,
  anAliasEvent,
  aStateEvent,
  aWatcher,
  losses,
  onEvent,
  onStates,
  onThreshold,
} from '../support/builders.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { aMatcher, recordsOf, START_MS } from '../support/matcher.ts';
import { startStore } from '../support/store-table.ts';

type Damage = { of: string } & (
  | { field: [line: number, at: number]; is: string }
  | { without: [line: number, at: number] }
  | { line: number; is: string }
  | { cut: number }
);
type Sent = string | { body: string } | Damage;
interface Failing {
  records: Sent[];
  failing: 'putDelivery' | 'sendDeliveries' | 'loadRun' | 'saveRun' | 'bury';
  with: string;
  of?: string;
}
type Door = 'matcher' | 'failing matcher' | 'dispatcher';
type Handler = (event: object) => Promise<SQSBatchResponse>;

let dispatcher: Handler;
let stop: () => Promise<void>;

beforeAll(async () => {
  const store = await startStore();
  stop = store.stop;
  Object.assign(process.env, {
    TABLE_NAME: store.table.name,
    HISTORY_DAYS: '90',
    DELIVERIES_QUEUE_URL: 'http://127.0.0.1:9/none',
    ALLOWED_ADDRESSES: '',
    SLACK_API_URL: 'https://slack.com/api',
  });
  dispatcher = jest.requireActual('../../lambdas/dispatcher/handler.ts').handler;
  await putDelivery(store.table, aDelivery({ id: 'dlv_real' }), Date.now());
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await stop();
});

/** The messages that the corpus speaks of, by the ids of their events. */
const events = {
  alias: anAliasEvent({ id: 'alias', collection: { name: 'detector' } }),
  link: aLinkedEvent({ id: 'link' }),
  loss: losses([0.1, 0.2], 0, { id: 'loss', run: { id: 'run-1' } }),
  empty: aMetricsEvent({ id: 'empty', points: [{ step: 0, metrics: {} }] }),
  state: aStateEvent('FAILED', { id: 'state' }),
  custom: aCustomEvent({ id: 'custom' }),
};
const inTeam = { scope: { kind: 'team', team: 'vision' } } as const;
const watching = [
  aWatcher({ ...inTeam, trigger: onEvent('artifact.alias_added') }, 'aut_alias'),
  aWatcher({ ...inTeam, trigger: onThreshold({}, { repeat: { mode: 'every_time' } }) }, 'aut_loss'),
  aWatcher({ ...inTeam, trigger: onStates(['FAILED']) }, 'aut_state'),
  aWatcher({ ...inTeam, trigger: onEvent('custom.deployed') }, 'aut_custom'),
];

testFamilies<Sent[] | Failing, string, { door: Door }>(readCorpus('envelopes'), (input, { door }) => {
  if (door === 'dispatcher') return dispatched(input as string[]);
  const { records, ...failing } = Array.isArray(input) ? { records: input } : input;
  return matched(records, 'failing' in failing ? failing : undefined);
});

async function dispatched(bodies: string[]): Promise<string> {
  const records = bodies.map((body, at) => ({ messageId: `m${at}`, body }));
  const { batchItemFailures } = await dispatcher({ Records: records });
  const back = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return records.map(({ messageId }) => (back.has(messageId) ? 'back' : 'done')).join(' ');
}

/** What became of each record of a batch. */
async function matched(sent: Sent[], failing?: Omit<Failing, 'records'>): Promise<string> {
  const { deps, store, buried } = aMatcher(...watching);
  const records = sent.map((one, at) => ({ messageId: `m${at}`, body: bodyOf(one) }));
  const { batchItemFailures } = await matchBatch(records, failing ? broken(deps, failing) : deps);
  const back = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const fired = new Set([...store.deliveries.values()].map(({ facts }) => facts['event_id']));
  const fateOf = ({ messageId }: QueueRecord, at: number) => {
    if (back.has(messageId)) return buried.includes(messageId) ? 'buried and back' : 'back';
    if (buried.includes(messageId)) return 'buried';
    return fired.has(nameOf(sent[at])) ? 'fired' : 'nothing';
  };
  return records.map(fateOf).join(' ');
}

const nameOf = (sent: Sent | undefined) =>
  typeof sent === 'object' && 'of' in sent ? sent.of : String(sent);

function bodyOf(sent: Sent): string {
  if (typeof sent === 'object' && 'body' in sent) return sent.body;
  const [{ body = '' } = {}] = recordsOf([events[nameOf(sent) as keyof typeof events]], START_MS);
  if (typeof sent === 'string') return body;
  if ('cut' in sent) return body.slice(0, sent.cut);
  const lines = body.split('\n');
  const at = 'line' in sent ? sent.line : ('field' in sent ? sent.field : sent.without)[0];
  lines[at] = 'line' in sent ? sent.is : withField(lines[at] ?? '', sent);
  return lines.join('\n');
}

function withField(line: string, damage: Exclude<Damage, { cut: number } | { line: number }>): string {
  const fields = line.split('\t');
  if ('field' in damage) fields[damage.field[1]] = damage.is;
  else fields.splice(damage.without[1], 1);
  return fields.join('\t');
}

/** The matcher's work with one call that fails; for one message, or for all. */
function broken(deps: MatchBatchDeps, { failing, with: how, of }: Omit<Failing, 'records'>): MatchBatchDeps {
  const call = deps[failing] as (...args: unknown[]) => Promise<unknown>;
  const isMeant = (args: unknown[]) =>
    of === undefined || JSON.stringify(args).includes(`"event_id":"${of}"`);
  const breaking = async (...args: unknown[]) => {
    if (isMeant(args)) throw Object.assign(new Error(how), { name: how });
    return call(...args);
  };
  return { ...deps, [failing]: breaking };
}
