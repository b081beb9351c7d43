import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../corpora');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

interface Case {
  family?: { on?: unknown };
  input: unknown;
  expected: unknown;
  reason: unknown;
}

/** The cases of a corpus, of the older ones' forms as well. */
function casesOf(name: string): Case[] {
  const read = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  if (read.families) {
    return read.families.flatMap((family: { on?: unknown; cases: unknown[][] }) =>
      family.cases.map(([input, expected, reason]) => ({ family, input, expected, reason })),
    );
  }
  return (read.cases ?? read).map(
    ({ name: title, reason = title, expect, ...input }: Record<string, unknown>) => ({
      ...{ input, expected: expect, reason },
    }),
  );
}

describe.each(names.filter((name) => name !== 'addresses'))('the corpus %s', (name) => {
  const cases = casesOf(name);

  test('says for each input what is expected and why', () => {
    expect(cases.filter(({ expected, reason }) => expected === undefined || !reason)).toEqual([]);
  });

  test('has no input twice', () => {
    const seen = new Map<string, number>();
    for (const { family, input } of cases) {
      const key = JSON.stringify([family?.on, input]);
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
  });
});

test('there are 3,000 cases at least, beside the addresses', () => {
  const counts = names.filter((name) => name !== 'addresses').map((name) => casesOf(name).length);
  expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(3_000);
});

test('README.md counts them as they are', () => {
  const page = readFileSync(join(folder, 'README.md'), 'utf8');
  const rows = [...page.matchAll(/^\| \[(\w+)\]\(\w+\.json\) \| ([\d,]+) \|/gm)];
  const counted = names.filter((name) => name !== 'addresses').map((name) => [name, casesOf(name).length]);
  const written = rows.map(([, name, count = '']) => [name, Number(count.replace(',', ''))]);
  expect(written.filter(([name]) => name !== 'addresses')).toEqual(counted);
});
