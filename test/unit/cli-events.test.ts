import { gunzipSync } from 'node:zlib';
import { type Connection, Refusal, Unreachable } from '../../cli/connection.ts';
import { batchesOf } from '../../cli/events/batches.ts';
import { linesOf } from '../../cli/events/lines.ts';
import { type OutgoingEvent, prepare } from '../../cli/events/prepare.ts';
import { sendEvents } from '../../cli/events/send.ts';

async function* bytes(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const lines = async (...texts: string[]) =>
  (await all(linesOf(bytes(...texts)))).flat().map(({ number, text }) => [number, text]);

describe('an input', () => {
  test('is lines, wherever its chunks are cut; empty ones are counted and left out', async () => {
    expect(await lines('{"a":1}\n{"b"', ':2}\r\n\n  \n{"c":3}')).toEqual([
      [1, '{"a":1}'],
      [2, '{"b":2}'],
      [5, '{"c":3}'],
    ]);
  });

  test('may cut a character in two', async () => {
    const [head, tail] = [Buffer.from('{"a":"é"}').subarray(0, 7), Buffer.from('{"a":"é"}').subarray(7)];
    async function* cut() {
      yield head;
      yield tail;
    }
    expect((await all(linesOf(cut()))).flat()).toEqual([{ number: 1, text: '{"a":"é"}' }]);
  });

  test.each<[what: string, line: number, chunks: (string | Buffer)[]]>([
    ['in the first line', 1, [Buffer.from('{"a":"caf\xe9"}\n{"b":1}\n', 'latin1')]],
    ['in a later one', 3, ['{"b":1}\n', Buffer.from('{"c":1}\n{"a":"caf\xe9"}\n{"b":1}\n', 'latin1')]],
    ['in one that does not end', 2, [Buffer.from('{"b":1}\n{"a":"caf\xe9"}', 'latin1')]],
    ['at the end, where a character is cut', 2, ['{"b":1}\n', Buffer.from('{"a":"é').subarray(0, 7)]],
    ['within an array', 2, ['[{"b":1},\n', Buffer.from('{"a":"caf\xe9"}]', 'latin1')]],
  ])('that is not UTF-8 %s ends before that line', async (_, line, chunks) => {
    async function* input() {
      for (const chunk of chunks) yield Buffer.from(chunk as string);
    }
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const some of linesOf(input())) read.push(...some.map(({ number }) => number));
    })();
    await expect(reading).rejects.toThrow(`line ${line} is not UTF-8`);
    expect(read).not.toContain(line);
  });

  test('may hold the character that stands for what could not be read', async () => {
    expect(await lines('{"a":"\ufffd"}\n')).toEqual([[1, '{"a":"\ufffd"}']]);
  });

  test('may be one object over several lines', async () => {
    expect(await lines('{\n  "a": 1\n}\n')).toEqual([[1, '{ "a": 1 }']]);
  });

  test('may be an array: each event has the line on which it begins', async () => {
    expect(await lines('[{"a":1},\n{"a":1},\n\n{"b":', '2}\n]')).toEqual([
      [1, '{"a":1}'],
      [2, '{"a":1}'],
      [4, '{"b":2}'],
    ]);
  });

  test('that is neither is lines, to be refused one by one', async () => {
    expect(await lines('[broken\n{"a":1}\n')).toEqual([
      [1, '[broken'],
      [2, '{"a":1}'],
    ]);
  });
});

describe('a line', () => {
  const point = (change: object = {}) =>
    JSON.stringify({ type: 'run.metrics', team: 't', project: 'p', run: { id: 'r' }, ...change });

  test('gets an id where the server would give it a random one', () => {
    const prepared = prepare({ number: 1, text: '{"type":"custom.x","team":"t"}' });
    expect(prepared).toMatchObject({
      isRepeatable: true,
      text: expect.stringMatching(/^\{"id":"evt_\w+","type":"custom\.x"/),
    });
  });

  test.each([
    ['it has an id', '{"type":"custom.x","team":"t","id":"mine"}'],
    ['it has a time', '{"type":"custom.x","team":"t","time":"2026-11-24T12:00:00Z"}'],
    ['its points have steps', point({ points: [{ step: 1, metrics: { loss: 1 } }] })],
    [
      'it is a CloudEvent',
      '{"specversion":"1.0","type":"custom.x","source":"s","id":"1","data":{"team":"t"}}',
    ],
    ['the server will refuse it', '{"type":"unknown"}'],
  ])('stays as it is where %s', (_, text) => {
    expect(prepare({ number: 1, text })).toMatchObject({ text, isRepeatable: true });
  });

  test('with points without steps can not be sent twice unnoticed', () => {
    expect(prepare({ number: 1, text: point({ points: [{ metrics: { loss: 1 } }] }) })).toMatchObject({
      isRepeatable: false,
      points: 1,
    });
  });

  test.each(['kaputt', '[1]', '"text"', '{"a":'])('%s is refused before it is sent', (text) => {
    expect(prepare({ number: 7, text })).toMatchObject({ line: 7, problem: { detail: expect.any(String) } });
  });
});

describe('batches', () => {
  const event = (line: number, change: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
    line,
    text: '{}',
    points: 0,
    isRepeatable: true,
    ...change,
  });
  async function* groups(...of: OutgoingEvent[][]) {
    yield* of;
  }
  const sizes = async (events: OutgoingEvent[]) =>
    (await all(batchesOf(groups(events), 1000))).map((batch) => batch.length);

  test('hold 1,000 events, 10,000 points and 1 MB at most, and anything that is alone', async () => {
    expect(await sizes(Array.from({ length: 2500 }, (_, at) => event(at)))).toEqual([1000, 1000, 500]);
    expect(await sizes([1, 2, 3].map((at) => event(at, { points: 5000 })))).toEqual([2, 1]);
    expect(await sizes([1, 2, 3].map((at) => event(at, { text: 'x'.repeat(400_000) })))).toEqual([2, 1]);
    expect(await sizes([event(1, { points: 20_000 }), event(2)])).toEqual([1, 1]);
  });

  test('do not wait for what does not come', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow() {
      yield [event(1)];
      await released;
      yield [event(2)];
    }
    const batches = batchesOf(slow(), 10);
    expect(await batches.next()).toMatchObject({ value: [{ line: 1 }] });
    release();
    expect(await batches.next()).toMatchObject({ value: [{ line: 2 }] });
    expect(await batches.next()).toMatchObject({ done: true });
  });

  test('throw what reading throws', async () => {
    async function* broken() {
      yield [event(1)];
      throw new Error('the disk is gone');
    }
    await expect(all(batchesOf(broken(), 1000))).rejects.toThrow('the disk is gone');
  });
});

describe('sending', () => {
  type Post = (texts: string[]) => unknown;

  /** Sends lines to a server that answers so, one answer a request; waits are cut short. */
  const send = (text: string, ...answers: Post[]) => sendFrom(bytes(text), new AbortController(), ...answers);

  async function sendFrom(input: AsyncIterable<Uint8Array>, { signal }: AbortController, ...answers: Post[]) {
    const bodies: string[] = [];
    const said: unknown[] = [];
    const connection = {
      url: 'http://signalbox',
      post: async (_path: string, body: Uint8Array) => {
        const lines = gunzipSync(body).toString().split('\n');
        bodies.push(lines.join('\n'));
        return answers[Math.min(bodies.length, answers.length) - 1]!(lines);
      },
    } as unknown as Connection;
    const wait = async () => undefined;
    const sent = await sendEvents(input, {
      connection,
      wait,
      signal,
      onTaken: (taken) => said.push(...taken.map(({ line }) => `${line} taken`)),
      onRefused: (refused) => said.push(...refused.map(({ line, problem }) => `${line} ${problem?.detail}`)),
      onProgress: () => {},
      onRetry: (waitMs) => said.push(`wait ${waitMs}`),
    });
    return { sent, bodies, said };
  }
  const takeAll: Post = (texts) => ({
    events: texts.map((_, index) => ({ index, id: `evt_${index}`, deduplicated: true })),
    refused: [],
    refused_count: 0,
  });
  const one = '{"type":"custom.x","team":"t"}\n';
  const fail = (error: Error) => () => {
    throw error;
  };

  test('counts what was taken', async () => {
    const { sent } = await send(one.repeat(2500), takeAll);
    expect(sent).toEqual({ requests: 3, taken: 2500, refused: 0, perhapsTwice: 0, lastLine: 2500 });
  });

  test.each([
    ['a line', `${one}{"type":"custom.x","te`, 1],
    ['an array over several lines', `[\n${one}`, 0],
  ])(
    'that is stopped in the midst of %s does not take its beginning for an event',
    async (_, text, taken) => {
      const stopper = new AbortController();
      async function* stopped() {
        yield* bytes(text);
        stopper.abort();
        throw new Error('the stream was destroyed');
      }
      const { sent, said } = await sendFrom(stopped(), stopper, takeAll);
      expect(sent).toMatchObject({ taken, refused: 0, lastLine: taken });
      expect(said).toHaveLength(taken);
    },
  );

  test('tries again with the same ids when there is no answer, or one that may pass', async () => {
    const busy = new Refusal(503, { code: 'internal', detail: 'busy' });
    const slowDown = new Refusal(429, { code: 'refused', detail: 'slow down' }, '7');
    const { sent, bodies, said } = await send(
      one,
      fail(new Unreachable('gone')),
      fail(busy),
      fail(slowDown),
      takeAll,
    );
    expect(sent).toMatchObject({ taken: 1, requests: 1, perhapsTwice: 0 });
    expect(bodies).toHaveLength(4);
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/"id":"evt_/);
    expect(said).toEqual(['wait 500', 'wait 1000', 'wait 7000', '1 taken']);
  });

  test('says how many may count twice, when points without steps had to be sent again', async () => {
    const stepless =
      '{"type":"run.metrics","team":"t","project":"p","run":{"id":"r"},"points":[{"metrics":{"loss":1}}]}\n';
    const { sent } = await send(stepless + one, fail(new Unreachable('gone')), takeAll);
    expect(sent).toMatchObject({ taken: 2, perhapsTwice: 1 });
  });

  test('gives up in the end, and says where', async () => {
    const { sent, bodies } = await send(one.repeat(1500), takeAll, fail(new Unreachable('gone')));
    expect(sent).toMatchObject({ taken: 1000, lastLine: 1000, error: { message: 'gone' } });
    expect(bodies).toHaveLength(1 + 8);
  });

  test.each([401, 403, 404])('does not try again after %d', async (status) => {
    const { sent, bodies } = await send(
      one.repeat(2),
      fail(new Refusal(status, { code: 'no', detail: 'no' })),
    );
    expect(sent).toMatchObject({ taken: 0, error: { status } });
    expect(bodies).toHaveLength(1);
  });

  test('names the line of each refused event, also of those whose reason the server does not list', async () => {
    const text = `\nkaputt\n${one.repeat(3)}`;
    const { sent, said } = await send(text, () => ({
      events: [{ index: 0, id: 'evt_1', deduplicated: true }],
      refused: [{ index: 1, code: 'invalid_input', detail: 'no such team' }],
      refused_count: 2,
    }));
    expect(sent).toMatchObject({ taken: 1, refused: 3 });
    expect(said).toEqual(
      ['2 the text is not JSON', '3 taken', '4 no such team', '5 undefined'].map((line) =>
        expect.stringContaining(line),
      ),
    );
  });

  test('takes the answer to a single event for the event', async () => {
    const { sent, said } = await send(
      one,
      fail(new Refusal(422, { code: 'invalid_input', detail: 'bad', field: 'team' })),
    );
    expect(sent).toMatchObject({ taken: 0, refused: 1, requests: 1 });
    expect(said).toEqual(['1 bad']);
  });

  test('takes the answer to a request with all events refused', async () => {
    const refused = [0, 1].map((index) => ({ index, code: 'invalid_input', detail: 'bad' }));
    const problem = { code: 'refused', detail: 'none taken', refused } as never;
    const { sent, said } = await send(one.repeat(2), fail(new Refusal(422, problem)));
    expect(sent).toMatchObject({ taken: 0, refused: 2 });
    expect(said).toEqual(['1 bad', '2 bad']);
  });
});
