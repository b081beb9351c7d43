import { matchBatch } from '../../lambdas/matcher/match-batch.ts';
import { aWatcher, onMetrics } from '../support/builders.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { postEvents, unpacked } from '../support/ingest-door.ts';
import { aMatcher } from '../support/matcher.ts';
import { openedEvent } from '../support/opened.ts';

type Place = keyof typeof bodies;

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => jest.restoreAllMocks());

const ARTIFACT =
  '"type":"artifact.created","id":"1","team":"vision","project":"p","collection":{"name":"c"},"version":"v1"';
const run = (more = '') => `"team":"vision","project":"mnist","run":{"id":"r"${more}}`;
const metrics = (points: string) => `{"type":"run.metrics","id":"1",${run()},"points":[${points}]}`;
const twice = (text: string) =>
  metrics(`{"step":0,"metrics":{"loss":${text}}},{"step":1,"metrics":{"loss":${text}}}`);

/** The body that has a number's text in this place. */
const bodies = {
  value: (text: string) => metrics(`{"step":0,"metrics":{"loss":${text}}}`),
  average: twice,
  min: twice,
  metadata: (text: string) => `{${ARTIFACT},"metadata":{"x":${text}}}`,
  step: (text: string) => metrics(`{"step":${text},"metrics":{"loss":1}}`),
  rewind_to: (text: string) => `{"type":"run.state","id":"1",${run()},"state":"RUNNING","rewind_to":${text}}`,
  attempt: (text: string) => `{"type":"run.state","id":"1",${run(`,"attempt":${text}`)},"state":"RUNNING"}`,
  index: (text: string) => `{${ARTIFACT},"index":${text}}`,
  interval: (text: string) => `{"type":"run.heartbeat","id":"1",${run()},"interval":${text}}`,
};

/** Where the number is once the event is opened again. */
const paths: Partial<Record<Place, (string | number)[]>> = {
  metadata: ['metadata', 'x'],
  step: ['points', 0, 'step'],
  rewind_to: ['rewind_to'],
  attempt: ['run', 'attempt'],
  index: ['index'],
  interval: ['interval'],
};

testFamilies<string, string, { in: Place }>(readCorpus('numbers'), async (text, { in: place }) => {
  const { answer, messages } = await postEvents(Buffer.from(bodies[place](text)));
  const [message] = unpacked(messages);
  if (!message) return `${answer.code} ${answer.field}`;
  const path = paths[place];
  // biome-ignore lint/suspicious/noExplicitAny: a path into an event of any type.
  if (path) return written(path.reduce((value: any, name) => value?.[name], openedEvent(message)));
  return written(await firedValue(place, messages));
});

/** What the event's last value fires with: at the threshold's door, or where it is not finite at that one's. */
async function firedValue(place: Place, messages: { body: string }[]): Promise<unknown> {
  const condition = { metric: 'loss', comparison: 'outside', values: [0.7, 0.7] };
  const of = place === 'value' ? {} : { aggregate: place, window: 2 };
  const { deps, store } = aMatcher(
    aWatcher({ trigger: onMetrics({ threshold: { ...condition, ...of } }) }),
    aWatcher({ trigger: onMetrics({ not_finite: { metric: 'loss' } }) }, 'aut_2'),
  );
  await matchBatch(
    messages.map(({ body }) => ({ messageId: 'm', body })),
    deps,
  );
  const [delivery] = [...store.deliveries.values()];
  return JSON.parse(JSON.stringify(delivery?.facts ?? {}))['metric_value'];
}

/** The bits of a double, or the word. */
function written(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}
