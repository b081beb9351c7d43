import { INDEXES_CONTEXT, nextIndexes, type TableIndexes, tableIndexes } from '../../lib/table-indexes.ts';
import { type LastingStack, lasting, readStack } from '../earlier/stack.ts';
import { synthesizeAll } from '../support/template.ts';

// CloudFormation's rules for a stack with data in it, held against what earlier versions deployed
// (test/earlier/record-template.ts). The last of them is the newest that somebody may have.

const versions = ['first-stack', 'second-stack', 'third-stack'];
const newest = versions.at(-1) ?? '';

/** What must not be replaced: a new one is empty. */
const holdsData = ({ type }: { type: string }) =>
  ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret', 'AWS::SQS::Queue'].includes(type);

const tableOf = (stack: LastingStack) =>
  Object.values(stack).find(({ type }) => type === 'AWS::DynamoDB::Table');

let today: LastingStack;
let onTheWay: LastingStack;
const step = { due: tableIndexes.due, 'by-automation': ['byAutomation:S', 'historyAt:S'] } as const;

beforeAll(async () => {
  const stacks = await synthesizeAll([{}, { [INDEXES_CONTEXT]: JSON.stringify(step) }]);
  [today, onTheWay] = [lasting(stacks[0].template.Resources), lasting(stacks[1].template.Resources)];
}, 120_000);

describe.each(versions)('over the %s', (version) => {
  const before = readStack(version);

  test('the table, the admin key and the queues stay what they are', () => {
    for (const [id, resource] of Object.entries(before).filter(([, one]) => holdsData(one))) {
      const { indexes: _before, ...stays } = resource;
      expect(today[id]).toMatchObject(stays);
    }
  });

  test('no name moves to another resource: the new one is made before the old one goes', () => {
    const named = Object.entries(before).filter(([, { name }]) => name !== undefined);
    for (const [id, { type, name }] of named) {
      const now = Object.entries(today).find(([, one]) => one.type === type && isSame(one.name, name));
      expect([name, now?.[0] ?? id]).toEqual([name, id]);
    }
  });

  test('no attribute of the table’s keys gets another type, which would replace the table', () => {
    const types = (stack: LastingStack) => {
      const { keys = [], indexes = {} } = tableOf(stack) ?? {};
      return [...keys, ...Object.values(indexes).flat()].map((key) => key.split(':') as [string, string]);
    };
    const was = new Map(types(before));
    for (const [name, type] of types(today)) expect([name, was.get(name) ?? type]).toEqual([name, type]);
  });

  test('each deployment on the way makes or deletes one index, and changes none', () => {
    const way = wayFrom(tableOf(before)?.indexes ?? {});
    expect(way.at(-1)).toEqual(tableIndexes);
    for (const [at, after] of way.slice(1).entries()) expect(changes(way[at] ?? {}, after)).toHaveLength(1);
  });
});

test('from the newest version one plain `cdk deploy` is enough; else this fixture and docs/upgrading.md have a newer one', () => {
  expect(wayFrom(tableOf(readStack(newest))?.indexes ?? {}).length - 1).toBeLessThanOrEqual(1);
});

test('a deployment can stop at any indexes on the way, and all else is as in the end', () => {
  const table = tableOf(onTheWay);
  expect(table?.indexes).toEqual(step);
  const others = (stack: LastingStack) =>
    Object.entries(stack).filter(([, { type }]) => type !== 'AWS::DynamoDB::Table');
  expect(others(onTheWay)).toEqual(others(today));
});

/** The indexes at first and after each deployment. */
function wayFrom(deployed: TableIndexes): TableIndexes[] {
  const way = [deployed];
  for (let next = nextIndexes(deployed, tableIndexes); next; next = nextIndexes(next, tableIndexes))
    way.push(next);
  return way;
}

/** What CloudFormation would have to do to the indexes. A changed one counts twice: it must go and come again. */
function changes(before: TableIndexes, after: TableIndexes): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    if (isSame(before[name], after[name])) return [];
    return before[name] && after[name] ? [`delete ${name}`, `make ${name}`] : [name];
  });
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
