import { statusOf } from '../../lambdas/shared/http.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { type IngestAnswer, postEvents, unpacked } from '../support/ingest-door.ts';
import { openedEvent } from '../support/opened.ts';

type Input = string | { hex: string } | { open: string; close: string; times: number; inner: string };
type Expected = string | string[] | { data: unknown };
interface On {
  in: 'data' | 'deep data' | 'body';
}

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => jest.restoreAllMocks());

testFamilies<Input, Expected, On>(readCorpus('json'), async (input, on, expected) => {
  const bytes = bytesOf(input, on);
  const { status, answer, messages } = await postEvents(bytes);
  if (typeof expected === 'string' && expected !== 'taken') return refusalIn(status, answer, expected);
  if (Array.isArray(expected)) return takenIn(answer);
  const [message] = unpacked(messages);
  if (!message) return { status, answer };
  return expected === 'taken' ? 'taken' : { data: (openedEvent(message) as { data?: unknown }).data };
});

function bytesOf(input: Input, { in: place }: On): Buffer {
  if (typeof input === 'string') return Buffer.from(place === 'body' ? input : anEvent(input));
  if ('hex' in input) return Buffer.from(input.hex, 'hex');
  const { open, close, times, inner } = input;
  return Buffer.from(anEvent(open.repeat(times) + inner + close.repeat(times)));
}

const anEvent = (data: string) => `{"type":"custom.a","id":"1","team":"vision","data":${data}}`;

/** The code, and the field where one is expected, of what was refused whole with the status of its code. */
function refusalIn(status: number, answer: IngestAnswer, expected: string): unknown {
  const { code = '', field } = answer.events ? (answer.refused?.[0] ?? {}) : answer;
  if (answer.events?.length || status !== statusOf[code as keyof typeof statusOf]) return { status, answer };
  return expected.includes(' ') ? `${code} ${field}` : code;
}

/** Ids of what was taken, and behind a minus the code of what was not, in their order. */
function takenIn({ events = [], refused = [] }: IngestAnswer): string[] {
  const taken = events.map(({ index, id }) => [index, id] as const);
  const others = refused.map(({ index, code }) => [index, `-${code}`] as const);
  return [...taken, ...others].sort(([a], [b]) => a - b).map(([, said]) => said);
}
