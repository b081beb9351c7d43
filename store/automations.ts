import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AutomationDefinition, Head, Revision } from '../core/automation.ts';
import { scopeKey } from '../core/scope.ts';
import { sameWatch, watchOf } from '../core/watch.ts';
import { holds, type Table } from './client.ts';
import { deleteItem, getItem, getItems, type Item, putIfAbsent, putItem, queryPrefix } from './items.ts';
import { headKey, memberKey, revisionKey, scopePartition, teamPartition } from './keys.ts';
import { releaseName, reserveName } from './names.ts';
import { bumpScopeVersion, deleteWatch, putWatch } from './watches.ts';

export interface Automation {
  head: Head;
  revision: Revision;
}

export type SaveResult = 'saved' | 'name_taken' | 'stale';

/**
 * Saves a new automation. Single writes in an order that a crash can't harm: name, revision and hints first,
 * then the head, which brings it to life, then the scope's version, which tells the matchers.
 */
export async function createAutomation(table: Table, { head, revision }: Automation): Promise<SaveResult> {
  if (!(await reserve(table, revision.definition, head))) return 'name_taken';
  await putRevision(table, revision);
  // A scope at version 0 is known to be empty; should this save die half-way, it must not be taken for that.
  await bumpScopeVersion(table, scopeKey(revision.definition.scope));
  await putItem(table, memberKey(head.team, 'AUTOMATION', head.id));
  await putWatch(table, watchOf(revision.definition), head.id);
  const created = await putIfAbsent(table, { ...headKey(head.id), ...head });
  await bumpScopeVersion(table, scopeKey(revision.definition.scope));
  return created ? 'saved' : 'stale';
}

/** Moves an automation on to its next state, if `before` is still its state; the order is that of a creation. */
export async function updateAutomation(
  table: Table,
  before: Automation,
  after: Automation,
): Promise<SaveResult> {
  const [was, is] = [before.revision.definition, after.revision.definition];
  if (!(await reserve(table, is, after.head))) return 'name_taken';
  if (after.head.revision !== before.head.revision && !(await putRevision(table, after.revision)))
    return 'stale';
  await putWatch(table, watchOf(is), after.head.id);
  if (!(await putHead(table, before.head, after.head))) return 'stale';
  await announce(table, was, is);
  await forget(table, { was, is, id: after.head.id });
  return 'saved';
}

/** Deletes an automation, if `before` is still its state. Its revisions stay: deliveries and history name them. */
export async function deleteAutomation(table: Table, { head, revision }: Automation): Promise<SaveResult> {
  const deleted = await holds(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: headKey(head.id),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': head.version },
      }),
    ),
  );
  if (!deleted) return 'stale';
  await bumpScopeVersion(table, scopeKey(revision.definition.scope));
  await deleteWatch(table, watchOf(revision.definition), head.id);
  await deleteItem(table, memberKey(head.team, 'AUTOMATION', head.id));
  await releaseName(table, nameOf(revision.definition), head.id);
  return 'saved';
}

export async function readAutomation(table: Table, id: string): Promise<Automation | undefined> {
  const head = await readHead(table, id);
  if (!head) return undefined;
  const revision = await readRevision(table, id, head.revision);
  return revision && { head, revision };
}

export async function readHead(table: Table, id: string): Promise<Head | undefined> {
  const item = await getItem(table, headKey(id));
  return item && toHead(item);
}

export async function readRevision(
  table: Table,
  id: string,
  revision: number,
): Promise<Revision | undefined> {
  const item = await getItem(table, revisionKey(id, revision));
  return item && toRevision(item);
}

export async function readHeads(table: Table, ids: string[]): Promise<Head[]> {
  return (await getItems(table, ids.map(headKey))).map(toHead);
}

export async function readRevisions(table: Table, heads: Head[]): Promise<Revision[]> {
  const keys = heads.map((head) => revisionKey(head.id, head.revision));
  return (await getItems(table, keys)).map(toRevision);
}

/** A team's automations, by name. */
export async function listAutomations(table: Table, team: string): Promise<Automation[]> {
  const hints = await queryPrefix(table, teamPartition(team), 'AUTOMATION#');
  const heads = await readHeads(
    table,
    hints.map(({ sk }) => sk.slice('AUTOMATION#'.length)),
  );
  const revisions = new Map(
    (await readRevisions(table, heads)).map((revision) => [revision.automationId, revision]),
  );
  const found = heads.flatMap((head) => {
    const revision = revisions.get(head.id);
    return revision ? [{ head, revision }] : [];
  });
  return found.sort((a, b) => a.revision.definition.name.localeCompare(b.revision.definition.name));
}

function nameOf({ scope, name }: AutomationDefinition) {
  return { partition: scopePartition(scopeKey(scope)), noun: 'automation', name };
}

function reserve(table: Table, definition: AutomationDefinition, head: Head): Promise<boolean> {
  const isLive = async (ownerId: string) => (await readHead(table, ownerId)) !== undefined;
  return reserveName(table, nameOf(definition), head.id, { nowMs: head.updatedAtMs, isLive });
}

// Definitions are kept as JSON text: user numbers go beyond what DynamoDB's own number type takes.
function putRevision(table: Table, revision: Revision): Promise<boolean> {
  const definition = JSON.stringify(revision.definition);
  return putIfAbsent(table, {
    ...revisionKey(revision.automationId, revision.revision),
    ...revision,
    definition,
  });
}

function putHead(table: Table, before: Head, after: Head): Promise<boolean> {
  return holds(
    table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...headKey(after.id), ...after },
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': before.version },
      }),
    ),
  );
}

async function announce(table: Table, was: AutomationDefinition, is: AutomationDefinition): Promise<void> {
  for (const key of new Set([scopeKey(is.scope), scopeKey(was.scope)])) await bumpScopeVersion(table, key);
}

/** Clears what only the earlier state needed. */
async function forget(
  table: Table,
  { was, is, id }: { was: AutomationDefinition; is: AutomationDefinition; id: string },
): Promise<void> {
  const [before, after] = [watchOf(was), watchOf(is)];
  if (!sameWatch(before, after)) await deleteWatch(table, before, id);
  const [oldName, newName] = [nameOf(was), nameOf(is)];
  if (oldName.partition !== newName.partition || oldName.name !== newName.name) {
    await releaseName(table, oldName, id);
  }
}

function toHead({ pk: _pk, sk: _sk, ...head }: Item): Head {
  return head as unknown as Head;
}

function toRevision({ pk: _pk, sk: _sk, definition, ...revision }: Item): Revision {
  return { ...revision, definition: JSON.parse(definition as string) } as unknown as Revision;
}
