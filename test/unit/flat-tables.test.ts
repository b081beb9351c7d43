// The flat tables of the matcher against plain maps and lists, with more in them than they had room for at first.
import { EntryTable } from '../../core/matching/entry-table.ts';
import { PairTable } from '../../core/matching/pair-table.ts';
import { QuietBands } from '../../core/matching/quiet-bands.ts';
import { RayShelf } from '../../core/matching/ray-shelf.ts';
import { ScopeIndex } from '../../core/matching/scope-index.ts';
import type { Watcher } from '../../core/matching/watcher.ts';
import { Words } from '../../core/matching/words.ts';
import { aWatcher, onThreshold } from '../support/builders.ts';

/** The same numbers below a bound in every run (Park and Miller). */
function numbersBelow(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % bound;
  };
}

const range = (length: number) => Array.from({ length }, (_, at) => at);

test('a pair has the number that it was given first, and no other pair has one', () => {
  const [table, below, expected] = [new PairTable(), numbersBelow(1), new Map<string, number>()];
  for (const made of range(3_000).map((at) => at + 1)) {
    const [a, b] = [below(120), below(200) - 100 || 1_000_000 + below(9)];
    const known = expected.get(`${a} ${b}`);
    expect(table.getOrMake(a, b, () => made)).toBe(known ?? made);
    expected.set(`${a} ${b}`, known ?? made);
  }
  for (const a of range(200)) {
    const found = range(201).map((at) => table.get(a, at - 100));
    expect(found).toEqual(range(201).map((at) => expected.get(`${a} ${at - 100}`) ?? 0));
  }
});

test('a pair that is known is not made again', () => {
  const table = new PairTable();
  table.getOrMake(3, -4, () => 9);
  const make = () => {
    throw new Error('made twice');
  };
  expect(table.getOrMake(3, -4, make)).toBe(9);
});

test('a pair of zeros has no number before it has one', () => {
  const table = new PairTable();
  expect(table.get(0, 0)).toBe(0);
  expect(table.getOrMake(0, 0, () => 5)).toBe(5);
  expect(table.get(0, 0)).toBe(5);
  expect(table.get(0, 1)).toBe(0);
});

test('a list holds what was put into it and not taken out, each with its own hint', () => {
  const [table, below] = [new EntryTable<object>(), numbersBelow(2)];
  const lists = range(12).map(() => ({
    number: table.addList(),
    held: [] as { thing: object; hint: number }[],
  }));
  const read = (list: number) => {
    const found: [object, number, number][] = [];
    for (let entry = table.firstOf(list); entry > 0; entry = table.after(entry)) {
      found.push([table.thingOf(entry), table.hintOf(entry), table.answerOf(entry)]);
    }
    return found;
  };
  for (let step = 0; step < 2_000; step++) {
    const { number, held } = lists[below(12)]!;
    if (below(5) < 3) {
      const one = { thing: {}, hint: step };
      held.push(one);
      table.put(number, one.thing, step);
    } else {
      const [gone] = held.splice(below(held.length || 1), 1);
      expect(table.remove(number, gone?.thing ?? {})).toBe(gone !== undefined);
    }
    expect(table.lengthOf(number)).toBe(held.length);
    const found = read(number);
    expect(found.length).toBe(held.length);
    expect(new Map(found.map(([thing, hint]) => [thing, hint]))).toEqual(
      new Map(held.map(({ thing, hint }) => [thing, hint])),
    );
  }
});

test('a list that is none is empty, and a thing of another list is not taken out', () => {
  const [table, thing] = [new EntryTable<object>(), {}];
  const [one, other] = [table.addList(), table.addList()];
  table.put(one, thing, 7);
  expect([table.lengthOf(0), table.firstOf(0), table.firstOf(other)]).toEqual([0, 0, 0]);
  expect(table.remove(other, thing)).toBe(false);
  table.setHint(one, 3, 4);
  expect([table.hintOf(one), table.answerOf(one)]).toEqual([3, 4]);
});

test('half-lines hold what was put into their list and not taken out', () => {
  const [shelf, below] = [new RayShelf(), numbersBelow(3)];
  const lists = range(15).map(() => ({ number: 0, held: [] as { first: number; watcher: Watcher }[] }));
  const found = (list: number, x: number) => {
    const into: Watcher[] = [];
    if (list > 0) shelf.collect(list, x, into);
    return into;
  };
  for (let step = 0; step < 2_000; step++) {
    const list = lists[below(15)]!;
    if (below(5) < 3) {
      const one = { first: below(40) / 2 - 10, watcher: {} as Watcher };
      list.number ||= shelf.addList();
      shelf.put(list.number, one.first, one.watcher);
      list.held.push(one);
    } else if (list.held.length > 0) {
      const [gone] = list.held.splice(below(list.held.length), 1);
      list.number = shelf.remove(list.number, gone!.watcher);
      expect(list.number > 0).toBe(list.held.length > 0);
    }
    const x = below(80) / 4 - 10;
    const expected = list.held.filter(({ first }) => first <= x).map(({ watcher }) => watcher);
    const got = found(list.number, x);
    expect(got.length).toBe(expected.length);
    expect(new Set(got)).toEqual(new Set(expected));
  }
});

test('the bands of many metrics do not touch one another', () => {
  const bands = new QuietBands();
  for (const metric of range(70)) {
    bands.shrink(metric, { kind: 'above', bound: metric, isStrict: false });
    bands.shrink(metric, { kind: 'below', bound: -2, isStrict: false });
    if (metric % 10 === 0) bands.close(metric);
  }
  const quiet = (metric: number) => [-2, -1, metric - 0.5, metric].map((x) => bands.holds(metric, x));
  const open = range(70).filter((metric) => metric % 10 > 0 && metric > 2);
  expect(open.map(quiet)).toEqual(open.map(() => [false, true, true, false]));
  expect([0, 10, 60].flatMap(quiet)).not.toContain(true);
});

test('a word has one number, and a word that nobody named has none', () => {
  const words = new Words();
  const names = range(100).map((at) => `name-${at}`);
  expect(names.map((name) => words.get(name))).toEqual(range(100).map(() => 0));
  const numbers = names.map((name) => words.add(name));
  expect(new Set(numbers).size).toBe(100);
  expect(numbers).not.toContain(0);
  expect(names.map((name) => words.add(name))).toEqual(numbers);
  expect(names.map((name) => words.get(name))).toEqual(numbers);
  expect(words.get('another')).toBe(0);
});

test('all that wait for a condition to be false again are told, however they compare', () => {
  const index = new ScopeIndex();
  const waiting = { repeat: { mode: 'after_false' } };
  for (const [at, value] of [1, 2, 2].entries()) {
    index.put(aWatcher({ trigger: onThreshold({ value }, waiting) }, `aut_${at}`));
  }
  const [table] =
    index.metric('loss')?.groupsFor({ field: () => undefined, values: () => undefined })[0]?.tables ?? [];
  expect([...(table?.afterFalse.keys() ?? [])]).toEqual(['aut_0', 'aut_1', 'aut_2']);
  index.remove('aut_1');
  expect([...(table?.afterFalse.keys() ?? [])]).toEqual(['aut_0', 'aut_2']);
});
