import type { PageStart } from '../core/api/fields.ts';
import { type Author, changeOf } from '../core/audit.ts';
import type { Registry } from '../core/registry.ts';
import { removeWithChange, SYSTEM, withoutKeys, writeChange } from './changes.ts';
import type { Table } from './client.ts';
import { getItem, getItems, type Item, type Page, queryPage } from './items.ts';
import { registryKey } from './keys.ts';

/** Makes a registry; false when there is one of that name. */
export function createRegistry(table: Table, registry: Registry, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(registry), author, undefined, shown(registry));
  return writeChange(table, { ...registryKey(registry.name), ...registry }, entry, 'absent');
}

/** Moves a registry on to its next state, if `before` is still its state; false otherwise. */
export function updateRegistry(
  table: Table,
  before: Registry,
  after: Registry,
  author: Author = SYSTEM,
): Promise<boolean> {
  const entry = changeOf(targetOf(after), author, shown(before), shown(after));
  return writeChange(table, { ...registryKey(after.name), ...after }, entry, before);
}

/** Deletes a registry, if `before` is still its state; false otherwise. */
export function deleteRegistry(table: Table, before: Registry, author: Author = SYSTEM): Promise<boolean> {
  const entry = changeOf(targetOf(before), author, shown(before), undefined);
  return removeWithChange(table, registryKey(before.name), entry, before);
}

export async function readRegistry(table: Table, name: string): Promise<Registry | undefined> {
  const item = await getItem(table, registryKey(name));
  return item && toRegistry(item);
}

/** The registries among these names that exist, in no order. */
export async function readRegistries(table: Table, names: string[]): Promise<Registry[]> {
  return (await getItems(table, names.map(registryKey))).map(toRegistry);
}

/** A page of the registries, by name. */
export async function listRegistries(table: Table, page: PageStart): Promise<Page<Registry>> {
  const { pk, sk: prefix } = registryKey('');
  const { things, next } = await queryPage(table, { pk, prefix }, page);
  return { things: things.map(toRegistry), next };
}

/** Every registry, by name. */
export async function* eachRegistry(table: Table): AsyncGenerator<Registry> {
  let page: Page<Registry> | undefined;
  do {
    page = await listRegistries(table, { limit: 100, after: page?.next });
    yield* page.things;
  } while (page.next !== undefined);
}

const targetOf = ({ name }: Registry) => ({ noun: 'registry', target: name }) as const;

function shown({ description, roles }: Registry) {
  return { description, roles };
}

function toRegistry(item: Item): Registry {
  return withoutKeys(item) as unknown as Registry;
}
