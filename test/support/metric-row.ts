import { aWatcher, losses, onMetrics } from './builders.ts';
import { aMatcher, DAY_MS, type Matcher } from './matcher.ts';

type Values = (number | string)[];

/** A condition on the metric loss, and series of values that meet it or not, each with its last value. */
export interface MetricRow {
  /** Begins the names of its tests: `threshold average >`. */
  title: string;
  condition: object;
  met: Values;
  notMet: Values;
  /** Series that stand at the bound itself. */
  atBound: Values[];
  firesAtBound: boolean;
  /** Would meet the condition, if it were not too short. */
  notFull?: Values;
  /** What happens before: the runs that a condition across runs looks at. */
  prepare?: (matcher: Matcher) => Promise<void>;
}

/** Every test that a row of the trigger table must have (issue 3). */
export function testMetricRow(row: MetricRow): void {
  const { title, condition, met, notMet, atBound, firesAtBound, notFull, prepare } = row;
  const last = met.length - 1;
  const aRowMatcher = async (change: object = {}, rest: object = {}) => {
    const matcher = aMatcher(aWatcher({ trigger: onMetrics(condition, rest), ...change }, 'aut'));
    await prepare?.(matcher);
    return matcher;
  };

  test(`${title}: met fires`, async () => {
    const { sendEach } = await aRowMatcher();
    expect(await sendEach(...met.map((value, at) => losses([value], at)))).toEqual([`aut@${last}`]);
  });

  test(`${title}: met in one batch fires the same`, async () => {
    const { send } = await aRowMatcher();
    expect(await send(losses(met))).toEqual([`aut@${last}`]);
  });

  test(`${title}: not met does not fire`, async () => {
    const { send } = await aRowMatcher();
    expect(await send(losses(notMet))).toEqual([]);
  });

  test.each(atBound.map((values) => [values]))(
    `${title}: exactly at the bound ${firesAtBound ? 'fires' : 'does not fire'} (%j)`,
    async (values) => {
      const { send } = await aRowMatcher();
      expect(await send(losses(values))).toEqual(firesAtBound ? [`aut@${values.length - 1}`] : []);
    },
  );

  if (notFull) {
    test(`${title}: a window that is not full does not fire`, async () => {
      const { send } = await aRowMatcher();
      expect(await send(losses(notFull))).toEqual([]);
    });
  }

  test.each<[string, object]>([
    ['another project', { kind: 'project', team: 'vision', project: 'other' }],
    ['the same project of another team', { kind: 'project', team: 'audio', project: 'mnist' }],
    ['another team', { kind: 'team', team: 'audio' }],
    ['a registry', { kind: 'registry', registry: 'mnist' }],
  ])(`${title}: wrong scope (%s) does not fire`, async (_name, scope) => {
    const { send } = await aRowMatcher({ scope });
    expect(await send(losses(met))).toEqual([]);
  });

  test(`${title}: wrong user does not fire, the right one does`, async () => {
    const { send } = await aRowMatcher({}, { filter: { user: 'ada' } });
    expect(await send(losses(met, 0, { user: 'bob' }))).toEqual([]);
    expect(await send(losses(met, 0, { user: 'ada', run: { id: 'run-2' } }))).toEqual([`aut@${last}`]);
  });

  test(`${title}: re-firing waits 24 hours for the same run, and not for another`, async () => {
    const { send, clock } = await aRowMatcher();
    const first = clock.nowMs;
    expect(await send(losses(met))).toHaveLength(1);
    expect(await send(losses(met, 100, { run: { id: 'run-2' } }))).toHaveLength(1);
    clock.nowMs = first + DAY_MS - 1;
    expect(await send(losses(met, 1_000))).toEqual([]);
    clock.nowMs = first + DAY_MS;
    expect(await send(losses(met, 2_000))).toHaveLength(1);
  });
}

/** So many values whose aggregate is `x`, and which another aggregate would take for something else. */
export function windowWith(aggregate: 'last' | 'min' | 'max' | 'average', x: number, size: number): number[] {
  const others = (value: number) => new Array<number>(size - 1).fill(value);
  switch (aggregate) {
    case 'last':
      return [...others(x > 1.75 ? -9 : 9), x];
    case 'min':
      return [x, ...others(9)];
    case 'max':
      return [x, ...others(-9)];
    case 'average':
      return Array.from({ length: size }, (_, at) => x + 2 * (at - (size - 1) / 2));
  }
}
