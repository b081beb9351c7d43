import { EndedRuns } from '../../core/dry-run/ended-runs.ts';

const asked = { team: 'vision', project: 'mnist', run: 'new' };

/** Runs of one project with the value and the time of their ends, in the order in which they end. */
function ended(...ends: [run: string, value: number, endedAtMs: number][]): EndedRuns {
  const runs = new EndedRuns();
  for (const [run, value, endedAtMs] of ends)
    runs.add({ ...asked, run }, { metric: 'loss', value, endedAtMs });
  return runs;
}

const lastTwo = (runs: EndedRuns, beforeMs = 100) => runs.lastOfOthers(asked, beforeMs)('loss', 2, beforeMs);

test('the last of others are those that ended last, whatever the order in which they are told', () => {
  expect(lastTwo(ended(['b', 2, 20], ['c', 3, 30], ['a', 1, 10]))).toEqual([3, 2]);
});

test('a run that ended twice counts once, by its latest end', () => {
  expect(lastTwo(ended(['a', 1, 10], ['a', 9, 30], ['b', 2, 20]))).toEqual([9, 2]);
  expect(lastTwo(ended(['a', 1, 10], ['a', 9, 30]))).toBeUndefined();
});

test('of those that ended at the same moment, the name decides', () => {
  expect(lastTwo(ended(['a', 1, 10], ['c', 3, 10], ['b', 2, 10]))).toEqual([3, 2]);
});

test('there are none where fewer ended before that moment', () => {
  const runs = ended(['a', 1, 10], ['b', 2, 20]);
  expect(lastTwo(runs, 21)).toEqual([2, 1]);
  expect(lastTwo(runs, 20)).toBeUndefined();
});

test.each<[string, object, string]>([
  ['of another team', { team: 'speech' }, 'loss'],
  ['of another project', { project: 'cifar' }, 'loss'],
  ['of another metric', {}, 'accuracy'],
  ['of the run itself', { run: 'new' }, 'loss'],
])('an end %s does not count', (_, change, metric) => {
  const runs = ended(['a', 1, 10]);
  runs.add({ ...asked, run: 'b', ...change }, { metric, value: 2, endedAtMs: 20 });
  expect(lastTwo(runs)).toBeUndefined();
});
