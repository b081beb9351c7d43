import { readFileSync } from 'node:fs';
import { type FieldReader, type FilterSource, parseFilter } from '../../core/filters/filter.ts';

/** A fenced block of the document: its info string says what its lines are. */
interface Block {
  mark: string;
  lines: string[];
  /** Of the fence in the document. */
  line: number;
}

const MARK = /^(?:json event|json match|json no match|text refused) (artifact|run)$/;

const known: Record<string, string[]> = {
  artifact: [
    'user',
    'team',
    'project',
    'registry',
    'collection',
    'version',
    'index',
    'aliases',
    'tags',
    'metadata',
    'alias',
  ],
  run: ['user', 'run', 'state'],
};

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line);
    else if (open) open = undefined;
    else {
      open = { mark: line.slice(3), lines: [], line: at + 1 };
      blocks.push(open);
    }
  }
  return blocks;
}

const blocks = blocksOf(readFileSync(`${import.meta.dirname}/../../docs/filters.md`, 'utf8'));

const events = Object.fromEntries(
  blocks
    .filter(({ mark }) => mark.startsWith('json event '))
    .map(({ mark, lines }) => [mark.split(' ').at(-1), JSON.parse(lines.join('\n')) as FilterSource]),
);

/** The lines of all blocks with a mark, with the kind of event that they are about. */
function examples(mark: string): { kind: string; text: string; line: number }[] {
  return blocks
    .filter((block) => block.mark.startsWith(`${mark} `))
    .flatMap((block) =>
      block.lines.map((text, at) => ({
        kind: block.mark.split(' ').at(-1) ?? '',
        text,
        line: block.line + 1 + at,
      })),
    );
}

const readerOf =
  (event: FilterSource = {}): FieldReader =>
  (root) =>
    Object.hasOwn(event, root) ? event[root] : undefined;

describe('docs/filters.md', () => {
  test('marks every block, and has enough of each', () => {
    expect(blocks.filter(({ mark }) => !MARK.test(mark))).toEqual([]);
    expect(Object.keys(events)).toEqual(['artifact', 'run']);
    expect(examples('json match').length).toBeGreaterThanOrEqual(65);
    expect(examples('json no match').length).toBeGreaterThanOrEqual(45);
    expect(examples('text refused').length).toBeGreaterThanOrEqual(20);
  });

  const operators =
    '$and $or $nor $not $eq $ne $gt $gte $lt $lte $in $nin $exists $regex $contains $size $all'.split(' ');
  test.each(operators)('shows %s where it matches and where it does not', (operator) => {
    for (const mark of ['json match', 'json no match']) {
      expect(examples(mark).some(({ text }) => text.includes(`"${operator}"`))).toBe(true);
    }
  });

  test.each(examples('json match'))('line $line matches $kind: $text', ({ kind, text }) => {
    expect(outcomeOf(kind, text)).toBe(true);
  });

  test.each(examples('json no match'))('line $line does not match $kind: $text', ({ kind, text }) => {
    expect(outcomeOf(kind, text)).toBe(false);
  });

  test.each(examples('text refused'))('line $line is refused for $kind: $text', ({ kind, text }) => {
    const [source = '', path] = text.split(' → ');
    const parsed = parseFilter(JSON.parse(source), known[kind] ?? []);
    expect(parsed).toMatchObject({ problems: [{ path }] });
  });
});

function outcomeOf(kind: string, text: string): boolean {
  const parsed = parseFilter(JSON.parse(text), known[kind] ?? []);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.filter.test(readerOf(events[kind]));
}
