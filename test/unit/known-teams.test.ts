import { KnownTeams } from '../../lambdas/ingest/known-teams.ts';

test('a team that is there is read once in half a minute, one that is not each time', async () => {
  const asked: string[][] = [];
  let nowMs = 0;
  const there = ['vision'];
  const load = async (names: string[]) => {
    asked.push(names);
    return names.filter((name) => there.includes(name)).map((name) => ({ name }));
  };
  const teams = new KnownTeams(load, () => nowMs);
  expect(await teams.read(['vision', 'audio'])).toEqual(['vision']);
  there.push('audio');
  nowMs = 29_999;
  expect(await teams.read(['vision', 'audio'])).toEqual(['vision', 'audio']);
  nowMs = 30_000;
  expect(await teams.read(['vision', 'audio'])).toEqual(['vision', 'audio']);
  expect(asked).toEqual([['vision', 'audio'], ['audio'], ['vision']]);
});
