import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import type { AutomationDefinition, Head, Revision } from '../core/automation.ts';
import { scopeKey } from '../core/scope.ts';
import { reachOf, watchesOf } from '../core/watch.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import type { Table } from './client.ts';
import { definitionOf } from './earlier.ts';
import {
  deleteItem,
  getItem,
  getItems,
  type Item,
  type Page,
  pageOfAll,
  putIfAbsent,
  putItem,
  queryPage,
  queryPrefix,
} from './items.ts';
import { headKey, memberKey, REVISION_PREFIX, revisionKey, scopePartition, teamPartition } from './keys.ts';
import { type ReservedName, releaseName, reserveName } from './names.ts';
import { announceChange, deleteWatch, putWatch } from './watches.ts';

export interface Automation {
  head: Head;
  revision: Revision;
}

export type SaveResult = 'saved' | 'name_taken' | 'stale';

/**
 * Saves a new automation. Single writes in an order that a crash can't harm: name, revision and hints first,
 * then the head, which brings it to life. The matchers are told before and after: should the save die behind its
 * head, they come to look once more.
 */
export async function createAutomation(
  table: Table,
  automation: Automation,
  author: Author = SYSTEM,
): Promise<SaveResult> {
  const { head, revision } = automation;
  if (!(await reserve(table, revision.definition, head))) return 'name_taken';
  await putRevision(table, revision);
  await putItem(table, memberKey(head.team, 'AUTOMATION', head.id));
  await putWatches(table, revision.definition, head.id);
  const news = newsOf(head.id, revision.definition);
  await announceChange(table, news);
  const entry = changeOf(targetOf(head), author, undefined, shown(automation));
  const created = await writeChange(table, { ...headKey(head.id), ...head }, entry, 'absent');
  await announceChange(table, news);
  return created ? 'saved' : 'stale';
}

/**
 * Moves an automation on to its next state, if `before` is still its state; the order is that of a creation.
 * A new revision takes the next free number, for a save that died before its head leaves one unused. The old
 * watch stays, as a hint that nobody trusts: taking it away could hit a watch that a later edit needs again.
 */
export async function updateAutomation(
  table: Table,
  before: Automation,
  after: Automation,
  author: Author = SYSTEM,
): Promise<SaveResult> {
  const [was, is] = [before.revision.definition, after.revision.definition];
  if (!(await reserve(table, is, after.head))) return 'name_taken';
  if (after.head.revision !== before.head.revision) {
    while (!(await putRevision(table, after.revision))) after.revision.revision++;
    after.head.revision = after.revision.revision;
  }
  await putWatches(table, is, after.head.id);
  const news = newsOf(after.head.id, was, is);
  await announceChange(table, news);
  const entry = changeOf(targetOf(after.head), author, shown(before), shown(after));
  const item = { ...headKey(after.head.id), ...after.head };
  if (!(await writeChange(table, item, entry, before.head))) return 'stale';
  await announceChange(table, news);
  await releaseOldName(table, was, after.head.id);
  return 'saved';
}

/** Deletes an automation, if `before` is still its state. Its revisions stay: deliveries and history name them. */
export async function deleteAutomation(
  table: Table,
  automation: Automation,
  author: Author = SYSTEM,
): Promise<SaveResult> {
  const { head, revision } = automation;
  const news = newsOf(head.id, revision.definition);
  await announceChange(table, news);
  const entry = changeOf(targetOf(head), author, shown(automation), undefined);
  if (!(await removeWithChange(table, headKey(head.id), entry, head))) return 'stale';
  await finishDeletion(table, head.id);
  return 'saved';
}

/** Does what a deletion that broke off left undone: all hear of it, and nothing is kept for it. Nothing where none was. */
export async function finishDeletion(table: Table, id: string): Promise<void> {
  if (await readHead(table, id)) return;
  const definitions = (await listRevisions(table, id)).map(({ definition }) => definition);
  const [first] = definitions;
  if (!first) return;
  await announceChange(table, newsOf(id, ...definitions));
  // All its revisions' watches: updates leave theirs behind.
  for (const watch of definitions.flatMap(watchesOf)) await deleteWatch(table, watch, id);
  await deleteItem(table, memberKey(first.team, 'AUTOMATION', id));
  for (const definition of definitions) await releaseName(table, nameOf(definition), id);
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

async function listRevisions(table: Table, id: string): Promise<Revision[]> {
  return (await queryPrefix(table, headKey(id).pk, REVISION_PREFIX)).map(toRevision);
}

export async function readHeads(table: Table, ids: string[]): Promise<Head[]> {
  return (await getItems(table, ids.map(headKey))).map(toHead);
}

export async function readRevisions(table: Table, heads: Head[]): Promise<Revision[]> {
  const keys = heads.map((head) => revisionKey(head.id, head.revision));
  return (await getItems(table, keys)).map(toRevision);
}

/** All automations of a team, oldest first. */
export async function listAutomations(table: Table, team: string): Promise<Automation[]> {
  const hints = await queryPrefix(table, teamPartition(team), 'AUTOMATION#');
  return readAutomations(
    table,
    hints.map(({ sk }) => sk.slice('AUTOMATION#'.length)),
  );
}

/** A page of a team's automations that a filter takes, oldest first. */
export function pageAutomations(
  table: Table,
  team: string,
  page: PageStart,
  takes: (automation: Automation) => boolean,
): Promise<Page<Automation>> {
  const cursorOf = ({ head }: Automation) => head.id;
  return pageOfAll(page, (start) => readPage(table, team, start), { takes, cursorOf });
}

async function readPage(table: Table, team: string, start: PageStart): Promise<Page<Automation>> {
  const { pk, sk: prefix } = memberKey(team, 'AUTOMATION', '');
  const { things, next } = await queryPage(table, { pk, prefix }, start);
  const ids = things.map(({ sk }) => sk.slice(prefix.length));
  return { things: await readAutomations(table, ids), next };
}

/** The automations among these ids that exist, in the order of ids. */
async function readAutomations(table: Table, ids: string[]): Promise<Automation[]> {
  const heads = await readHeads(table, ids);
  const revisions = new Map(
    (await readRevisions(table, heads)).map((revision) => [revision.automationId, revision]),
  );
  const found = heads.flatMap((head) => {
    const revision = revisions.get(head.id);
    return revision ? [{ head, revision }] : [];
  });
  return found.sort((a, b) => (a.head.id < b.head.id ? -1 : 1));
}

/** The name that a definition takes in its scope. */
export function nameOf({ scope, name }: AutomationDefinition): ReservedName {
  return { partition: scopePartition(scopeKey(scope)), noun: 'automation', name };
}

function reserve(table: Table, definition: AutomationDefinition, head: Head): Promise<boolean> {
  const wanted = nameOf(definition);
  const isLive = (ownerId: string) => isNamed(table, ownerId, wanted);
  return reserveName(table, wanted, head.id, { nowMs: head.updatedAtMs, isLive });
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

async function putWatches(table: Table, definition: AutomationDefinition, id: string): Promise<void> {
  const reach = reachOf(definition.trigger);
  for (const watch of watchesOf(definition)) await putWatch(table, watch, id, reach);
}

const targetOf = ({ id, team }: Head) => ({ noun: 'automation', target: id, team }) as const;

/** What the audit list says of a state. */
const shown = ({ head, revision }: Automation) => ({ ...revision.definition, enabled: head.enabled });

function newsOf(automationId: string, ...definitions: AutomationDefinition[]) {
  const watches = definitions.flatMap((definition) => watchesOf(definition));
  return { automationId, scopes: [...new Set(watches.map((watch) => watch.scopeKey))] };
}

/** Whether the automation exists and has this name in this scope now. */
async function isNamed(table: Table, id: string, { partition, name }: ReservedName): Promise<boolean> {
  const now = await readAutomation(table, id);
  const current = now && nameOf(now.revision.definition);
  return current?.partition === partition && current.name === name;
}

/** Gives back the name that an automation had, unless it has it still or again. */
async function releaseOldName(table: Table, was: AutomationDefinition, id: string): Promise<void> {
  const old = nameOf(was);
  if (!(await isNamed(table, id, old))) await releaseName(table, old, id);
}

function toHead(item: Item): Head {
  return withoutKeys(item) as unknown as Head;
}

function toRevision({ pk: _pk, sk: _sk, definition, ...revision }: Item): Revision {
  return { ...revision, definition: definitionOf(definition as string) } as unknown as Revision;
}
