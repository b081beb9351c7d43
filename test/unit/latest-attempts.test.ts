import type { Table } from '../../store/client.ts';
import { readLatestAttempts } from '../../store/history.ts';

interface Asked {
  Limit: number;
  ExclusiveStartKey?: { sk: string };
}

/** A table with so many attempts of one delivery, whose pages end sooner than they have to. */
function aTable(attempts: number, pageSize: number): Table {
  const items = Array.from({ length: attempts }, (_, at) => {
    const number = attempts - at;
    return { pk: 'd', sk: String(number).padStart(4, '0'), number, startedAtMs: number, outcome: 'failed' };
  });
  const send = async ({ input }: { input: Asked }) => {
    const start = input.ExclusiveStartKey?.sk;
    const rest = start === undefined ? items : items.filter(({ sk }) => sk < start);
    const page = rest.slice(0, Math.min(pageSize, input.Limit));
    return { Items: page, ...(page.length < rest.length && { LastEvaluatedKey: page.at(-1) }) };
  };
  return { name: 'table', historyDays: 90, client: { send } } as unknown as Table;
}

// Simulator, seed 20939: the attempt that had delivered stood on the second page, and was made again.
test.each([1, 2, 3, 100])('the latest attempts are read whole from pages of %i', async (pageSize) => {
  const numbers = async (limit: number) =>
    (await readLatestAttempts(aTable(5, pageSize), 'd', { limit })).map(({ number }) => number);
  expect(await numbers(3)).toEqual([5, 4, 3]);
  expect(await numbers(10)).toEqual([5, 4, 3, 2, 1]);
});
