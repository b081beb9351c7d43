import fc from 'fast-check';
import type { FilterSource } from '../../core/filters/filter.ts';
import { BoundTable, partsOf } from '../../core/matching/bound-table.ts';
import { type EventReader, eventReader } from '../../core/matching/event-reader.ts';
import { MatchIndex } from '../../core/matching/match-index.ts';
import { ScopeIndex } from '../../core/matching/scope-index.ts';
import { ScopeTable } from '../../core/matching/scope-table.ts';
import type { Watcher } from '../../core/matching/watcher.ts';
import { scopeKeysCovering } from '../../core/scope.ts';
import { conditionOf, type MetricsTrigger, type Threshold, type Trigger } from '../../core/trigger.ts';
import {
  anAliasEvent,
  aStateEvent,
  aWatcher,
  onEvent,
  onMetrics,
  onStates,
  onThreshold,
} from '../support/builders.ts';

const idsOf = (watchers: Watcher[]) => watchers.map(({ automationId }) => automationId).sort();

/** What happens to one item of an index over time. */
interface Change<Item> {
  item: Item;
  isRemoved: boolean;
  comesBack: boolean;
  /** An index that sorts itself when it is first asked is asked now. */
  looksFirst: boolean;
}

const changesOf = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Change<Item>[]> =>
  fc.array(fc.record({ item, isRemoved: fc.boolean(), comesBack: fc.boolean(), looksFirst: fc.boolean() }), {
    maxLength: 30,
  });

/** Puts items in, takes some out and puts some in again: what a cache does. Answers what is left. */
function change<Item>(
  changes: Change<Item>[],
  index: { put: (item: Item) => void; remove: (item: Item) => void; look?: () => void },
): Item[] {
  return changes.flatMap(({ item, isRemoved, comesBack, looksFirst }) => {
    index.put(item);
    if (looksFirst) index.look?.();
    if (!isRemoved) return [item];
    index.remove(item);
    if (!comesBack) return [];
    index.put(item);
    return [item];
  });
}

/** As many automations as there are triggers, each with an id of its own. */
const withIds = (changes: Change<Trigger>[]): Change<Watcher>[] =>
  changes.map(({ item, ...rest }, at) => ({ ...rest, item: aWatcher({ trigger: item }, `aut_${at}`) }));

describe('the table of bounds', () => {
  const bound = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(-0, 0.5, 1e308, -1e308, 5e-324));
  const compared = (comparison: string) => bound.map((value) => onThreshold({ comparison, value }));
  const range = (comparison: string) =>
    fc.tuple(bound, bound).map(([a, b]) => {
      const values = a <= b ? [a, b] : [b, a];
      return onThreshold({ comparison, value: undefined, values });
    });
  const trigger = fc.oneof(
    ...['>', '>=', '<', '<=', '==', '!='].map(compared),
    ...['between', 'outside'].map(range),
    fc
      .tuple(fc.constantFrom(0.5, 1, 2), fc.constantFrom('increase', 'decrease', 'either'))
      .map(([amount, direction]) => onMetrics({ change: { metric: 'loss', amount, direction } })),
    fc
      .tuple(fc.constantFrom(0.5, 1, 2), fc.constantFrom('above', 'below', 'either'))
      .map(([z, direction]) => onMetrics({ zscore: { metric: 'loss', threshold: z, direction } })),
  );

  /** The rules, word for word. */
  const comparesSo = (
    x: number,
    { value = 0, values: [low, high] = [0, 0], comparison }: Threshold,
  ): boolean =>
    ({
      '>': x > value,
      '>=': x >= value,
      '<': x < value,
      '<=': x <= value,
      '==': x === value,
      '!=': x !== value,
      between: low <= x && x <= high,
      outside: x < low || x > high,
    })[comparison];
  const goesSo = (x: number, amount: number, direction: string): boolean =>
    ({ increase: x >= amount, above: x >= amount, decrease: x <= -amount, below: x <= -amount })[direction] ??
    Math.abs(x) >= amount;
  function isMet({ threshold, change, zscore }: MetricsTrigger, x: number): boolean {
    if (threshold) return comparesSo(x, threshold);
    if (change) return goesSo(x, change.amount, change.direction);
    return zscore !== undefined && goesSo(x, zscore.threshold, zscore.direction);
  }

  test('finds what a look at each condition finds, whatever was put in and taken out', () => {
    fc.assert(
      fc.property(changesOf(trigger), fc.array(bound, { minLength: 1, maxLength: 8 }), (changes, numbers) => {
        const table = new BoundTable();
        const partsIn = (watcher: Watcher) =>
          partsOf(conditionOf(watcher.definition.trigger as MetricsTrigger));
        const left = change(withIds(changes), {
          put: (watcher) => table.put(partsIn(watcher), watcher),
          remove: (watcher) => table.remove(partsIn(watcher), watcher),
          look: () => table.collect(0, []),
        });
        for (const x of numbers) {
          const found: Watcher[] = [];
          table.collect(x, found);
          const expected = left.filter(({ definition }) => isMet(definition.trigger as MetricsTrigger, x));
          expect([x, idsOf(found)]).toEqual([x, idsOf(expected)]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('meets nothing that has an order with a number that is none', () => {
    const table = new BoundTable();
    for (const comparison of ['>', '>=', '<', '<=', '==']) {
      table.put(
        partsOf(conditionOf(onThreshold({ comparison }) as MetricsTrigger)),
        aWatcher({}, comparison),
      );
    }
    for (const comparison of ['between', 'outside']) {
      const trigger = onThreshold({ comparison, value: undefined, values: [-1, 1] }) as MetricsTrigger;
      table.put(partsOf(conditionOf(trigger)), aWatcher({}, comparison));
    }
    const found: Watcher[] = [];
    table.collect(Number.NaN, found);
    expect(found).toEqual([]);
  });

  test('takes out what it does not hold without harm', () => {
    const table = new BoundTable();
    const parts = partsOf(conditionOf(onThreshold() as MetricsTrigger));
    table.put(parts, aWatcher({}, 'one'));
    table.remove(parts, aWatcher({}, 'two'));
    const found: Watcher[] = [];
    table.collect(0, found);
    expect(idsOf(found)).toEqual(['one']);
  });
});

const shortText = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '🚂'), maxLength: 5 }),
  fc.constantFrom('production', 'prod-eu'),
);
/** Patterns look at the first 4,096 characters of a text. */
const longText = shortText.map((one) => `${one}${'a'.repeat(4_096 - one.length)}${one}`);
const text = fc.oneof({ weight: 5, arbitrary: shortText }, { weight: 1, arbitrary: longText });
const pattern = fc.oneof(
  shortText.map((one) => `^${one}`),
  shortText.map((one) => `${one}$`),
  shortText.map((one) => `^${one}$`),
  shortText,
  fc.constantFrom('a.c', '[ab]+c', '^(prod|a)', 'b?$'),
);
const scalar = fc.oneof(text, fc.constantFrom(0, 1, 1.5), fc.boolean());

describe('what a filter requires of one field', () => {
  const filter = fc.oneof<fc.Arbitrary<FilterSource>[]>(
    scalar.map((alias) => ({ alias })),
    fc.array(scalar, { minLength: 1, maxLength: 3 }).map(($in) => ({ alias: { $in } })),
    pattern.map(($regex) => ({ alias: { $regex } })),
    text.map(($contains) => ({ alias: { $contains } })),
  );

  test('finds what a look at each requirement finds, whatever was put in and taken out', () => {
    fc.assert(
      fc.property(changesOf(filter), fc.array(scalar, { minLength: 1, maxLength: 6 }), (changes, values) => {
        const index = new ScopeIndex();
        const triggers = changes.map((one) => ({ ...one, item: onEvent('artifact.alias_added', one.item) }));
        const left = change(withIds(triggers), {
          put: (watcher) => index.put(watcher),
          remove: ({ automationId }) => index.remove(automationId),
        });
        for (const value of values) {
          const found = index.plain('artifact.alias_added')?.matching(eventReader({ alias: value })) ?? [];
          const expected = idsOf(left.filter((one) => one.filter.test(() => value)));
          expect([value, idsOf(found)]).toEqual([value, expected]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  const found = (index: ScopeIndex, alias: unknown) =>
    idsOf(index.plain('artifact.alias_added')?.matching(eventReader({ alias })) ?? []);

  test('tells a number and a boolean from their names', () => {
    const index = new ScopeIndex();
    for (const [at, alias] of ['1', 1, 'true', true].entries()) {
      index.put(aWatcher({ trigger: onEvent('artifact.alias_added', { alias }) }, `${at}`));
    }
    expect(['1', 1, 'true', true].map((alias) => found(index, alias))).toEqual([['0'], ['1'], ['2'], ['3']]);
  });

  test('tells two patterns on one field apart', () => {
    const index = new ScopeIndex();
    for (const [at, $regex] of ['a.c', '[ab]+c', '^a.c$'].entries()) {
      index.put(aWatcher({ trigger: onEvent('artifact.alias_added', { alias: { $regex } }) }, `${at}`));
    }
    expect(['a-c', 'xabc', 'bc', 'c'].map((alias) => found(index, alias))).toEqual([
      ['0', '2'],
      ['0', '1'],
      ['1'],
      [],
    ]);
  });

  test.each([[null], [[['production']]], [{ a: 1 }]])('finds nothing for %j', (value) => {
    const index = new ScopeIndex();
    for (const [at, alias] of ['production', '', 'null'].entries()) {
      index.put(aWatcher({ trigger: onEvent('artifact.alias_added', { alias }) }, `${at}`));
    }
    expect(found(index, value)).toEqual([]);
  });
});

interface Step {
  scope: number;
  id: string;
  filter: FilterSource;
  isRemoved: boolean;
}

describe('the index of many scopes', () => {
  test('is the same as an index for each', () => {
    const all = new MatchIndex();
    const filters = fc.constantFrom<FilterSource>(
      {},
      { alias: 'a' },
      { alias: 'a', user: 'b' },
      { user: 'b' },
    );
    const step: fc.Arbitrary<Step> = fc.record({
      scope: fc.nat(40),
      id: fc.constantFrom('x', 'y', 'z'),
      filter: filters,
      isRemoved: fc.boolean(),
    });
    const added = 'artifact.alias_added';
    const events = [{ alias: 'a' }, { user: 'b' }, { alias: 'a', user: 'b' }, {}].map(eventReader);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scopes = Array.from({ length: 41 }, () => {
          const number = all.addScope();
          return { number, alone: new ScopeIndex(), door: new ScopeIndex(all, number) };
        });
        const apply = (index: ScopeIndex, { id, isRemoved }: Step, watcher: Watcher) =>
          isRemoved ? index.remove(id) : index.put(watcher);
        for (const one of steps) {
          const { alone, door } = scopes[one.scope]!;
          // The same automation in both: what one index notes of it must not mislead the other.
          const watcher = aWatcher({ trigger: onEvent(added, one.filter) }, one.id);
          apply(alone, one, watcher);
          apply(door, one, watcher);
        }
        for (const { number, alone } of scopes) {
          const found = (event: EventReader) => {
            const met: Watcher[] = [];
            all.collect(number, added, event, met);
            return met;
          };
          const expected = events.map((event) => idsOf(alone.plain(added)?.matching(event) ?? []));
          expect(events.map((event) => idsOf(found(event)))).toEqual(expected);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is quiet about a value only where no condition on it is met, and nobody waits to hear that', () => {
    const value = fc.integer({ min: -3, max: 3 });
    const repeat = fc.constantFrom({ mode: 'every_time' }, { mode: 'after_false' });
    const aggregate = fc.constantFrom('last', 'last', 'min', 'average');
    const trigger = fc.oneof(
      fc
        .tuple(fc.constantFrom('>', '>=', '<', '<=', '==', '!='), value, aggregate, repeat)
        .map(([comparison, bound, of, again]) =>
          onThreshold({ comparison, value: bound, aggregate: of }, { repeat: again }),
        ),
      fc
        .tuple(fc.constantFrom('between', 'outside'), value, value)
        .map(([comparison, a, b]) =>
          onThreshold({ comparison, value: undefined, values: [Math.min(a, b), Math.max(a, b)] }),
        ),
    );
    fc.assert(
      fc.property(fc.array(trigger, { minLength: 1, maxLength: 4 }), value, (triggers, x) => {
        const all = new MatchIndex();
        const number = all.addScope();
        const index = new ScopeIndex(all, number);
        triggers.forEach((one, at) => {
          index.put(aWatcher({ trigger: one }, `${at}`));
        });
        const { metric } = (triggers[0] as MetricsTrigger).threshold!;
        const tables = index
          .metric(metric)!
          .groupsFor(eventReader({}))
          .flatMap((group) => group.tables);
        const met: Watcher[] = [];
        for (const table of tables) table.collect(x, met);
        const isOther = tables.some(({ key, afterFalse }) => !key.startsWith('last/') || afterFalse.size > 0);
        if (met.length > 0 || isOther) expect(index.metric(metric)!.isQuiet(x)).toBe(false);
        const near = index.metric(metric)!.isQuiet(x) ? [] : [index.metric(metric)];
        expect(all.metricsNear([number], metric, x)).toEqual(near);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is quiet about most values', () => {
    const index = new ScopeIndex();
    index.put(aWatcher({ trigger: onThreshold({ comparison: '>', value: 3 }) }, 'above'));
    index.put(aWatcher({ trigger: onThreshold({ comparison: '<', value: -3 }) }, 'below'));
    const quiet = [-4, -3, -2.9, 0, 2.9, 3, 4, Number.NaN].filter((x) => index.metric('loss')!.isQuiet(x));
    expect(quiet).toEqual([-2.9, 0, 2.9]);
  });
});

describe('the table of scopes', () => {
  const name = fc.constantFrom('a', 'b', 'a/b', 'organization', '__proto__', 'team');
  const maybe = fc.option(name, { nil: undefined });
  const place = fc.record(
    { team: name, project: maybe, registry: maybe, collection: maybe },
    { noNullPrototype: true },
  );

  test('gives the same things as the keys of the scopes that cover a place, each made once', () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 20 }), (places) => {
        const made: string[] = [];
        const table = new ScopeTable((key) => {
          made.push(key);
          return { key };
        });
        for (const one of places) {
          const keys = scopeKeysCovering(one);
          const things = table.covering(one);
          expect(things.map(({ key }) => key)).toEqual(keys);
          expect(things.every((thing, at) => table.known(keys[at]!) === thing)).toBe(true);
          expect(table.covering(one).every((thing, at) => thing === things[at])).toBe(true);
        }
        expect(made.length).toBe(new Set(made).size);
        expect(table.size).toBe(made.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the index of filters', () => {
  const clause = fc.oneof<fc.Arbitrary<FilterSource>[]>(
    shortText.map((alias) => ({ alias })),
    fc.array(shortText, { minLength: 1, maxLength: 3 }).map(($in) => ({ alias: { $in } })),
    shortText.map((one) => ({ aliases: one })),
    fc.array(shortText, { minLength: 1, maxLength: 2 }).map(($all) => ({ aliases: { $all } })),
    pattern.map(($regex) => ({ aliases: { $regex } })),
    pattern.map(($regex) => ({ alias: { $regex } })),
    pattern.map(($regex) => ({ alias: { $not: { $regex } } })),
    shortText.map(($contains) => ({ alias: { $contains } })),
    shortText.map(($ne) => ({ alias: { $ne } })),
    fc.constant({}),
    fc.constant({ user: null }),
    fc.nat(4).map((index) => ({ index })),
    fc.nat(4).map(($gt) => ({ index: { $gt } })),
    shortText.map((a) => ({ 'metadata.a': a })),
  );
  const filter = fc.oneof<fc.Arbitrary<FilterSource>[]>(
    clause,
    fc.array(clause, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
    fc.array(clause, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })),
    fc.tuple(clause, clause).map(([a, b]) => ({ ...a, ...b })),
    fc.array(clause, { minLength: 1, maxLength: 2 }).map(($nor) => ({ $nor })),
  );
  const event = fc.record(
    {
      alias: shortText.filter((one) => one !== '' && one.length < 256),
      aliases: fc.array(
        shortText.filter((one) => one !== '' && one.length < 256),
        { maxLength: 3 },
      ),
      index: fc.nat(4),
      metadata: fc.record(
        { a: fc.oneof(shortText, fc.array(shortText, { maxLength: 2 })) },
        { noNullPrototype: true },
      ),
    },
    { noNullPrototype: true },
  );

  test('finds what a look at each filter finds, each once, whatever was put in and taken out', () => {
    fc.assert(
      fc.property(changesOf(filter), fc.array(event, { minLength: 1, maxLength: 4 }), (changes, events) => {
        const index = new ScopeIndex();
        const triggers = changes.map((one) => ({ ...one, item: onEvent('artifact.alias_added', one.item) }));
        const left = change(withIds(triggers), {
          put: (watcher) => index.put(watcher),
          remove: ({ automationId }) => index.remove(automationId),
        });
        expect(index.plain('artifact.alias_added')?.size ?? 0).toBe(left.length);
        for (const one of events) {
          const reader = eventReader(anAliasEvent(one));
          const expected = left.filter((one) => one.filter.test(reader.field));
          expect(idsOf(index.plain('artifact.alias_added')?.matching(reader) ?? [])).toEqual(idsOf(expected));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the index of a scope', () => {
  const triggers = {
    linked: onEvent('artifact.linked'),
    custom: onEvent('custom.x', { user: 'ada' }),
    states: onStates(['FAILED', 'KILLED']),
    waiting: onStates(['FAILED'], { repeat: { mode: 'after_false' } }),
    loss: onThreshold({ window: 7 }),
    lossAgain: onThreshold({ window: 7, comparison: '!=' }, { repeat: { mode: 'after_false' } }),
    finite: onMetrics({ not_finite: { metric: 'loss' } }),
    runs: onMetrics({ zscore: { metric: 'loss', window: 5, across: 'runs' } }),
    moreRuns: onMetrics({ zscore: { metric: 'loss', window: 9, across: 'runs' } }),
    change: onMetrics({ change: { metric: 'accuracy', amount: 1 } }),
  };
  const names = Object.keys(triggers) as (keyof typeof triggers)[];
  const watcherOf = (name: keyof typeof triggers, id: string = name) =>
    aWatcher({ trigger: triggers[name] }, id);

  /** All that an index answers, in one value. */
  function answersOf(index: ScopeIndex) {
    const loss = index.metric('loss');
    const failed = eventReader(aStateEvent('FAILED', { id: 'x' }));
    const states = index.states();
    const met: Watcher[] = [];
    const groups = loss?.groupsFor(eventReader({})) ?? [];
    for (const table of groups.flatMap(({ tables }) => tables)) table.collect(0.1, met);
    return {
      size: index.size,
      linked: index.plain('artifact.linked')?.size,
      custom: index.plain('custom.x')?.size,
      states: states && [
        states.size,
        ...(['FAILED', 'CRASHED', 'KILLED', 'RUNNING'] as const).map((state) =>
          idsOf(states.matching(state, failed)),
        ),
      ],
      waiting: names.filter((name) => states?.waiting(name)),
      loss: loss && [
        loss.size,
        loss.reach,
        loss.runs,
        idsOf(groups.flatMap(({ notFinite }) => notFinite)),
        idsOf(met),
      ],
      tables: groups
        .flatMap(({ tables }) => tables)
        .map(({ reach, runs, size, afterFalse }) => [reach, runs, size, [...afterFalse.keys()]])
        .sort(),
      accuracy: index.metric('accuracy')?.reach,
    };
  }

  const filledWith = (held: (keyof typeof triggers)[]) => {
    const index = new ScopeIndex();
    for (const name of held) index.put(watcherOf(name));
    return index;
  };

  test('answers the same whatever was put in and taken out before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.constantFrom(...names), isRemoved: fc.boolean() }), { maxLength: 40 }),
        (steps) => {
          const index = new ScopeIndex();
          const held = new Set<keyof typeof triggers>();
          for (const { name, isRemoved } of steps) {
            held.delete(name);
            index.remove(name);
            if (isRemoved) continue;
            held.add(name);
            index.put(watcherOf(name));
          }
          expect(answersOf(index)).toEqual(answersOf(filledWith([...held])));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('holds each kind where an event looks for it', () => {
    expect(answersOf(filledWith(names))).toEqual({
      size: 10,
      linked: 1,
      custom: 1,
      states: [2, ['states', 'waiting'], ['states', 'waiting'], ['states'], []],
      waiting: ['waiting'],
      loss: [5, 7, 9, ['finite'], ['loss', 'lossAgain']],
      tables: [
        [1, 5, 1, []],
        [1, 9, 1, []],
        [7, 0, 2, ['lossAgain']],
      ],
      accuracy: 60,
    });
  });

  test('says that nobody watches where nobody does, also when somebody did', () => {
    const index = filledWith(names);
    for (const name of names) index.remove(name);
    expect(answersOf(index)).toEqual(answersOf(new ScopeIndex()));
    expect([index.plain('artifact.linked'), index.metric('loss'), index.states()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('holds an automation once, at its newest trigger', () => {
    const index = new ScopeIndex();
    for (const name of names) index.put(watcherOf(name, 'same'));
    expect(index.size).toBe(1);
    expect(index.metric('loss')).toBeUndefined();
    expect(index.states()).toBeUndefined();
    expect(index.metric('accuracy')!.size).toBe(1);
  });

  test('needs no window of an automation that waits for a value that is not finite', () => {
    expect(filledWith(['finite']).metric('loss')!.reach).toBe(1);
  });
});
