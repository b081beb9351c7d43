import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { QueueMessage } from '../../lambdas/shared/queue.ts';
import { type IngestAnswer, postEvents, unpacked } from '../support/ingest-door.ts';
import { openedEvent } from '../support/opened.ts';

/** How a case's body is made: as it stands, or from a recipe. */
type Body =
  | string
  /** One of the corpus's bases, with fields set and left out. */
  | { of: string; set?: Record<string, unknown>; without?: string[] }
  | { json: unknown }
  | { hex: string }
  /** Before, a piece this often (or numbered, at its `%`), after. */
  | { repeat: [string, string | { count: string }, number, Body] }
  | { join: Body[]; with: string; before?: string; after?: string }
  | { gzip: Body; cut?: number };

interface Case {
  name: string;
  contentType?: string;
  headers?: Record<string, string>;
  body: Body;
  expect: {
    status: number;
    code?: string;
    field?: string;
    /** A part of the hint. */
    hint?: string;
    ids?: string[];
    count?: number;
    deduplicated?: boolean;
    /** A part of the first event that was taken. */
    event?: object;
    refused?: object[];
    refusedCount?: number;
  };
}

const path = join(import.meta.dirname, '../corpora/events.json');
const corpus: { bases: Record<string, object>; cases: Case[] } = JSON.parse(readFileSync(path, 'utf8'));

function bytesOf(body: Body): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if ('json' in body) return Buffer.from(JSON.stringify(body.json));
  if ('hex' in body) return Buffer.from(body.hex, 'hex');
  if ('gzip' in body) return gzipSync(bytesOf(body.gzip)).subarray(0, body.cut);
  if ('repeat' in body) {
    const [before, piece, times, after] = body.repeat;
    const pieces =
      typeof piece === 'string'
        ? piece.repeat(times)
        : Array.from({ length: times }, (_, n) => piece.count.replace('%', String(n))).join('');
    return Buffer.concat([Buffer.from(before + pieces), bytesOf(after)]);
  }
  if ('join' in body) {
    const parts = body.join.map((part) => bytesOf(part).toString());
    return Buffer.from((body.before ?? '') + parts.join(body.with) + (body.after ?? ''));
  }
  const fields = { ...corpus.bases[body.of], ...body.set };
  const kept = Object.entries(fields).filter(([name]) => !body.without?.includes(name));
  return Buffer.from(JSON.stringify(Object.fromEntries(kept), repeated));
}

/** A value `{"repeat": ["x", 3]}` stands for a long text. */
function repeated(_key: string, value: unknown): unknown {
  const { repeat } = (value ?? {}) as { repeat?: [string, number] };
  return Array.isArray(repeat) ? repeat[0].repeat(repeat[1]) : value;
}

const post = ({ contentType, headers, body }: Case, inBase64: boolean) =>
  postEvents(bytesOf(body), {
    headers: { ...(contentType !== undefined && { 'Content-Type': contentType }), ...headers },
    asText: !inBase64,
  });

beforeAll(() => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => jest.restoreAllMocks());

test('the corpus is all there', () => {
  expect(corpus.cases.length).toBeGreaterThanOrEqual(350);
  expect(new Set(corpus.cases.map(({ name }) => name)).size).toBe(corpus.cases.length);
});

// What the functions log is not of interest here, and there would be much of it.
beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => {
  jest.restoreAllMocks();
});

describe('what is posted', () => {
  test.each(corpus.cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const startedAt = performance.now();
    const { status, text, answer, messages } = await post(one, true);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect({ status, ...answer }).toMatchObject(answerOf(one.expect));
    expect(text.length).toBeLessThan(1_000_000);
    const refusals = answer.events ? (answer.refused ?? []) : [answer];
    for (const refusal of refusals) expect(refusal).toMatchObject(A_REFUSAL);
    checkTaken(one.expect, answer, messages);
  });

  test('may come as text or in base64', async () => {
    const isText = ({ body }: Case) => {
      const bytes = bytesOf(body);
      return bytes.length < 10_000 && Buffer.from(bytes.toString()).equals(bytes);
    };
    const texts = corpus.cases.filter(isText);
    expect(texts.length).toBeGreaterThan(300);
    for (const one of texts) {
      const { status } = await post(one, false);
      expect({ name: one.name, status }).toEqual({ name: one.name, status: one.expect.status });
    }
  });
});

/** Each says what is wrong, and the way out. */
const A_REFUSAL = { code: expect.any(String), detail: expect.any(String), hint: expect.any(String) };

function answerOf({ status, code, field, hint, refused, refusedCount }: Case['expect']): object {
  const wanted = {
    status,
    code,
    field,
    hint: hint && expect.stringContaining(hint),
    refused,
    refused_count: refusedCount,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

/** What is answered as taken is in the messages, as ASCII, and as it was sent. */
function checkTaken(wanted: Case['expect'], answer: IngestAnswer, messages: QueueMessage[]): void {
  const opened = unpacked(messages);
  const ids = opened.flatMap(({ routes }) => routes.map(({ id }) => id));
  for (const { body } of messages) expect(body).toMatch(/^[\t\n\x20-\x7e]*$/);
  expect((answer.events ?? []).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  if (wanted.ids) expect(ids).toEqual(wanted.ids);
  if (wanted.count !== undefined) expect(ids).toHaveLength(wanted.count);
  if (wanted.deduplicated !== undefined) expect(answer.events?.[0]?.deduplicated).toBe(wanted.deduplicated);
  const [message] = opened;
  if (wanted.event && message) expect(openedEvent(message)).toMatchObject(wanted.event);
}
