import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** An input, what is expected of it, and the reason in words. */
type Row<Input, Expected> = [input: Input, expected: Expected, reason: string];

/** Cases of one kind: the rule that their expectations follow from, and what they have in common. */
export interface Family<Input, Expected, On> {
  family: string;
  because: string;
  on?: On;
  cases: Row<Input, Expected>[];
}

function readFile(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../corpora/${name}.json`), 'utf8'));
}

/** The families of a corpus: a file of test/corpora. */
export function readCorpus<Input, Expected, On = unknown>(name: string): Family<Input, Expected, On>[] {
  return (readFile(name) as { families: Family<Input, Expected, On>[] }).families;
}

/** What the cases of a corpus speak of by name. */
export function readGiven<Given>(name: string): Given {
  return (readFile(name) as { given: Given }).given;
}

/** One test for each family: the door's answer to each input must be what is expected of it. */
export function testFamilies<Input, Expected, On>(
  families: Family<Input, Expected, On>[],
  answerTo: (input: Input, on: On, expected: Expected) => unknown,
): void {
  test.each(families)('$family', async ({ cases, on }) => {
    const wrong: string[] = [];
    for (const [input, expected, reason] of cases) {
      const got = await answerTo(input, on as On, expected);
      if (!isDeepStrictEqual(got, expected)) wrong.push(JSON.stringify({ reason, input, expected, got }));
    }
    expect(wrong).toEqual([]);
  });
}
