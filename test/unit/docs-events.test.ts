import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventTypes } from '../../core/event.ts';
import type { Caller } from '../../core/key.ts';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { httpHandler } from '../../lambdas/shared/http.ts';
import { openTo } from '../support/builders.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8');
const caller: Caller = { keyId: 'key_1', role: 'sender', team: 'vision' };

/** The fenced blocks: `json` is an event, `http <status>` a request, `json answer` what the request before it gets. */
const blocks = [...page.matchAll(/^```(\S+)(?: (\S+))?\n(.*?)^```$/gms)].map(
  ([, language = '', mark = '', text = '']) => ({ language, mark, text }),
);
const events = blocks.filter(({ language, mark }) => language === 'json' && mark === '');
const requests = blocks.filter(({ language }) => language === 'http');

async function post(text: string, headers: Record<string, string> = {}) {
  const event = {
    rawPath: '/v1/events',
    rawQueryString: '',
    headers,
    requestContext: { http: { method: 'POST' }, requestId: 'req' },
    body: text,
    isBase64Encoded: false,
  };
  const handle = httpHandler((request) =>
    ingest(request, caller, {
      readRegistries: openTo('vision'),
      readTeams: async (names) => names,
      enqueue: async () => {},
      now: Date.now,
      log: () => {},
    }),
  );
  const { statusCode, body } = (await handle(event as never)) as { statusCode: number; body: string };
  return { status: statusCode, body: JSON.parse(body) };
}

async function postBlock(text: string) {
  const [head = '', ...body] = text.split('\n\n');
  const headers = head.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]);
  return post(body.join('\n\n'), Object.fromEntries(headers));
}

beforeAll(() => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => jest.restoreAllMocks());

// What the functions log is not of interest here.
beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => {
  jest.restoreAllMocks();
});

test('docs/events.md has its examples, and no block that nobody runs', () => {
  expect(events.length).toBeGreaterThanOrEqual(14);
  expect(requests.length).toBeGreaterThanOrEqual(7);
  expect(blocks.filter(({ mark }) => mark === 'answer')).toHaveLength(2);
  expect(blocks).toHaveLength(events.length + requests.length + 2);
  expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
});

test('docs/events.md shows every type of event', () => {
  const shown = events.map(({ text }) => JSON.parse(text).type as string);
  expect(new Set(shown.filter((type) => !type.startsWith('custom.')))).toEqual(new Set(eventTypes));
  expect(shown.some((type) => type.startsWith('custom.'))).toBe(true);
});

test.each(events.map(({ text }) => [JSON.parse(text).type, text]))(
  'the example of %s is taken',
  async (_type, text) => {
    expect(await post(text)).toMatchObject({ status: 202 });
  },
);

test.each(requests.map(({ mark, text }) => [mark, text]))(
  'a request is answered with %s:\n%s',
  async (mark, text) => {
    expect(await postBlock(text)).toMatchObject({ status: Number(mark) });
  },
);

test('requests are answered as the page says', async () => {
  let answered = 0;
  for (const [at, { mark, text }] of blocks.entries()) {
    if (mark !== 'answer') continue;
    const { body } = await postBlock(blocks[at - 1]?.text ?? '');
    expect(body).toMatchObject(JSON.parse(text));
    answered++;
  }
  expect(answered).toBe(2);
});
