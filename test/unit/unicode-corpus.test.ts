import { readCorpus, testFamilies } from '../support/corpus.ts';
import { postEvents, unpacked } from '../support/ingest-door.ts';
import { openedEvent } from '../support/opened.ts';

type Input = string | { repeat: string; times: number } | { escaped: string };

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => jest.restoreAllMocks());

const run = (id: string) => `"team":"vision","project":"p","run":{"id":${id}}`;
const artifact = (type: string, name: string, more = '') =>
  `"type":"${type}","team":"vision","project":"p","collection":{"name":${name}},"version":"v1"${more}`;

/** The event that has a text, written as JSON, in this place. Most have an id. */
const bodies = {
  'run.id': (text: string) => `{"id":"1","type":"run.state",${run(text)},"state":"RUNNING"}`,
  'collection.name': (text: string) => `{"id":"1",${artifact('artifact.created', text)}}`,
  user: (text: string) => `{"id":"1","type":"run.state",${run('"r"')},"state":"RUNNING","user":${text}}`,
  alias: (text: string) => `{"id":"1",${artifact('artifact.alias_added', '"c"', `,"alias":${text}`)}}`,
  metric: (text: string) =>
    `{"id":"1","type":"run.metrics",${run('"r"')},"points":[{"step":0,"metrics":{${text}:1}}]}`,
  metadata: (text: string) =>
    `{"id":"1",${artifact('artifact.created', '"c"', `,"metadata":{"x":${text},"y":{${text}:[${text}]}}`)}}`,
  id: (text: string) => `{"id":${text},"type":"run.state",${run('"r"')},"state":"RUNNING"}`,
};
type Place = keyof typeof bodies;

testFamilies<Input, string | { length: number }, { in: Place }>(
  readCorpus('unicode'),
  async (input, { in: place }, expected) => {
    const body = Buffer.from(bodies[place](written(input)));
    const { answer, messages } = await postEvents(body);
    const [message] = unpacked(messages);
    if (!message) return `-${answer.code} ${fieldOf(answer.field ?? '', place)}`;
    // biome-ignore lint/suspicious/noExplicitAny: a text in an event of any type.
    const arrived = textIn(openedEvent(message) as any, place);
    return typeof expected === 'string' ? arrived : { length: [...arrived].length };
  },
);

/** As JSON: bare but for what must be escaped, or wholly as escapes. */
function written(input: Input): string {
  if (typeof input === 'string') return JSON.stringify(input);
  return 'escaped' in input ? `"${input.escaped}"` : JSON.stringify(input.repeat.repeat(input.times));
}

/** A metric's name is a part of its field. */
const fieldOf = (field: string, place: Place) => (place === 'metric' ? 'points.0.metrics' : field);

// biome-ignore lint/suspicious/noExplicitAny: a text in an event of any type.
function textIn(event: any, place: Place): string {
  if (place === 'metric') return Object.keys(event.points[0].metrics)[0] ?? '';
  if (place !== 'metadata') return place.split('.').reduce((value, name) => value[name], event);
  const { x, y } = event.metadata;
  const [[key, [inside]]] = Object.entries(y) as [[string, string[]]];
  return key === x && inside === x ? x : `${x} but ${key} and ${inside}`;
}
