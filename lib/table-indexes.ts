/** An index's partition key and sort key, each as `name:type`, with DynamoDB's letter of the type. */
export type IndexKeys = readonly [partition: string, sort: string];
export type TableIndexes = Readonly<Record<string, IndexKeys>>;

/** The table's indexes. Keys only: an index finds an item, the table holds it. */
export const tableIndexes = {
  due: ['dueShard:S', 'sweepAt:N'],
  'by-team': ['team:S', 'historyAtMs:N'],
  'by-automation': ['automationId:S', 'historyAtMs:N'],
} as const satisfies TableIndexes;

/** The CDK context by which `npm run upgrade` has a deployment stop at other indexes on the way. */
export const INDEXES_CONTEXT = 'tableIndexes';

/**
 * The indexes that a table can have after one update of its stack, on the way from those it has to those it shall have:
 * CloudFormation makes or deletes one index an update, and changes no index's keys. Undefined at the end of the way.
 */
export function nextIndexes(deployed: TableIndexes, wanted: TableIndexes): TableIndexes | undefined {
  const missing = Object.keys(wanted).find((name) => deployed[name] === undefined);
  if (missing !== undefined) return { ...deployed, [missing]: wanted[missing] as IndexKeys };
  const outdated = Object.keys(deployed).find((name) => String(deployed[name]) !== String(wanted[name]));
  if (outdated === undefined) return undefined;
  return Object.fromEntries(Object.entries(deployed).filter(([name]) => name !== outdated));
}
