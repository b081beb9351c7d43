import type { PutCommand } from '@aws-sdk/lib-dynamodb';
import { looseValues } from '../../store/loose-values.ts';
import { readSecret } from '../../store/secrets.ts';
import { adminApi } from '../support/admin-api.ts';
import { startStore } from '../support/store-table.ts';

// A value is in Secrets Manager and its entry in the table, and a function may die between the two. What nobody can
// find any more must not stay: it costs money, and it is a secret that somebody wanted to be gone.

let store: Awaited<ReturnType<typeof startStore>>;
let nowMs = Date.UTC(2026, 0, 1);
const values = new Map<string, string>();
let onceMade = async () => {};

const vault = {
  create: async (id: string, value: string) => {
    values.set(id, value);
    await onceMade();
    return '1';
  },
  replace: async (id: string, value: string) => {
    if (!values.has(id)) return undefined;
    values.set(id, value);
    return '2';
  },
  remove: async (id: string) => {
    values.delete(id);
  },
};

const call = (...args: Parameters<ReturnType<typeof adminApi>>) =>
  adminApi(store.table, { now: () => nowMs, vault })(...args);

beforeAll(async () => {
  store = await startStore();
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await store?.stop();
});

let team = '';
let made = 0;
beforeEach(async () => {
  team = `team-${++made}`;
  values.clear();
  await call('POST', '/v1/teams', { name: team });
});

const put = (name: string, value: string) => call('PUT', `/v1/teams/${team}/secrets/${name}`, { value });
const remove = (name: string) => call('DELETE', `/v1/teams/${team}/secrets/${name}`);

/** Has the function die at its step number `at`: a write to the table, or a call of Secrets Manager. True when it did. */
async function dyingAt(at: number, act: () => Promise<unknown>): Promise<boolean> {
  let steps = 0;
  const die = () => {
    if (steps++ >= at) throw new Error('the function died');
  };
  const real = store.table.client.send.bind(store.table.client);
  const spies = [
    jest.spyOn(store.table.client, 'send').mockImplementation((async (command: PutCommand) => {
      if (/^(Put|Update|Delete)Command$/.test(command.constructor.name)) die();
      return real(command);
    }) as never),
    ...(['create', 'replace', 'remove'] as const).map((name) => {
      const method = vault[name] as (...args: string[]) => Promise<never>;
      return jest.spyOn(vault, name).mockImplementation(async (...args: string[]) => {
        die();
        return method(...args);
      });
    }),
  ];
  await act();
  for (const spy of spies) spy.mockRestore();
  return steps > at;
}

/** What is in Secrets Manager, and whether anything is still in doubt. */
const left = async () => [[...values.values()], (await looseValues(store.table, team)).length];

const steps = Array.from({ length: 12 }, (_, at) => at);

test.each(steps)('a value whose creation died at step %i is gone once the next one is set', async (at) => {
  const died = await dyingAt(at, () => put('TOKEN', 'the first value'));
  if (!died) expect(await left()).toEqual([['the first value'], 0]);
  nowMs += 61_000;
  await put('OTHER', 'of another');
  const isThere = (await readSecret(store.table, team, 'TOKEN')) !== undefined;
  expect(await left()).toEqual([[...(isThere ? ['the first value'] : []), 'of another'], 0]);
  await put('TOKEN', 'the second value');
  expect([...values.values()].sort()).toEqual(['of another', 'the second value']);
});

test.each(steps)('a value whose deletion died at step %i is gone once it is deleted again', async (at) => {
  await put('TOKEN', 'the only value');
  await dyingAt(at, () => remove('TOKEN'));
  nowMs += 61_000;
  expect([204, 404]).toContain((await remove('TOKEN')).status);
  expect(await left()).toEqual([[], 0]);
});

test('they come to every step', async () => {
  expect(await dyingAt(steps.length - 1, () => put('TOKEN', 'the first value'))).toBe(false);
  expect(await dyingAt(steps.length - 1, () => remove('TOKEN'))).toBe(false);
});

test('a value that is being made is nobody’s yet, and stays', async () => {
  let isOuter = true;
  onceMade = async () => {
    if (!isOuter) return;
    isOuter = false;
    nowMs += 14_000;
    await put('OTHER', 'of another');
  };
  await put('TOKEN', 'the first value');
  onceMade = async () => {};
  expect(await left()).toEqual([['the first value', 'of another'], 0]);
});

test('of two that make the same secret at once, the value of one stays', async () => {
  let isOuter = true;
  onceMade = async () => {
    if (!isOuter) return;
    isOuter = false;
    await put('TOKEN', 'of the inner');
  };
  expect(await put('TOKEN', 'of the outer')).toMatchObject({ status: 412 });
  onceMade = async () => {};
  expect(await left()).toEqual([['of the inner'], 0]);
});

test('a deletion that another one outran does not forget what that one left', async () => {
  await put('TOKEN', 'the only value');
  const spy = jest.spyOn(vault, 'remove').mockRejectedValue(new Error('the function died'));
  const answers = await Promise.all([remove('TOKEN'), remove('TOKEN')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([412, 500]);
  spy.mockRestore();
  nowMs += 61_000;
  await remove('TOKEN');
  expect(await left()).toEqual([[], 0]);
});

test('a team that is deleted leaves no value', async () => {
  await dyingAt(2, () => put('TOKEN', 'the first value'));
  expect(await left()).toEqual([['the first value'], 1]);
  nowMs += 61_000;
  expect(await call('DELETE', `/v1/teams/${team}`)).toMatchObject({ status: 204 });
  expect(await left()).toEqual([[], 0]);
});
