import { AnswerTable } from '../../core/matching/answer-table.ts';

const COUNT = 2_000;
const texts = Array.from({ length: COUNT }, (_, at) => `text-${at * 7_919}`);

test('a text has its number under its own question, and under no other', () => {
  const table = new AnswerTable();
  const numbers = texts.map((text, at) => table.add(at % 5, text));
  expect(new Set(numbers).size).toBe(COUNT);
  expect(texts.map((text, at) => table.get(at % 5, text))).toEqual(numbers);
  expect(texts.filter((text, at) => table.get((at % 5) + 5, text) !== 0)).toEqual([]);
  expect(texts.map((text, at) => table.add(at % 5, text))).toEqual(numbers);
});

test('a text that was never put in has no number, however many there are', () => {
  const table = new AnswerTable();
  for (const text of texts) table.add(1, text);
  const others = Array.from({ length: 20_000 }, (_, at) => `other${at}`);
  expect(others.filter((text) => table.get(1, text) !== 0)).toEqual([]);
});

test('a part of a text is found where it stands, and no other part is taken for it', () => {
  const table = new AnswerTable();
  for (const text of texts) table.add(1, text);
  const long = texts.slice(0, 500).join(' ');
  let from = 0;
  for (const [at, text] of texts.slice(0, 500).entries()) {
    expect(table.get(1, long, from, from + text.length)).toBe(at + 1);
    from += text.length + 1;
  }
  const known = new Set(texts);
  const wrong: string[] = [];
  for (let start = 0; start < long.length - 12; start++) {
    for (let end = start + 6; end < start + 12; end++) {
      const part = long.slice(start, end);
      if (!known.has(part) && table.get(1, long, start, end) !== 0) wrong.push(part);
    }
  }
  expect(wrong).toEqual([]);
});

test('nothing is found in a table that is empty', () => {
  expect(new AnswerTable().get(1, 'a')).toBe(0);
});
