import type { StoredKey } from '../core/key.ts';
import { toKey } from './api-keys.ts';
import { eachChange } from './audit.ts';
import type { Table } from './client.ts';
import type { Item } from './items.ts';
import { apiKeyKey, wholeOf } from './keys.ts';

/** A key, in the words of whoever reads a list of them. */
export type RestoredKey = Pick<StoredKey, 'name' | 'role'> & { id: string; team: string | undefined };

/** Keeps the keys of a copy that were revoked since then from coming back, and notes those that do. */
export class RestoredKeys {
  readonly revoked: RestoredKey[] = [];
  readonly inForce: RestoredKey[] = [];
  readonly #revokedIds: Set<string>;

  private constructor(revokedIds: Set<string>) {
    this.#revokedIds = revokedIds;
  }

  /** By what the audit list of the table says, before any of it comes back. */
  static async of(to: Table): Promise<RestoredKeys> {
    const ids = new Set<string>();
    for await (const { noun, action, target } of eachChange(to, undefined)) {
      if (noun === 'key' && action === 'deleted') ids.add(target);
    }
    return new RestoredKeys(ids);
  }

  /** Whether an item is a part of a key that was revoked. */
  isOfRevoked(item: Item): boolean {
    const id = wholeOf(item);
    const isRevoked = id !== undefined && this.#revokedIds.has(id);
    if (isRevoked && isKey(item)) this.revoked.push(called(item));
    return isRevoked;
  }

  /** Takes note of an item that came back. */
  note(item: Item): void {
    if (isKey(item)) this.inForce.push(called(item));
  }
}

/** And not the stone of one that was being revoked when the copy was made. */
const isKey = ({ pk, sk, gone }: Item & { gone?: unknown }) =>
  sk === apiKeyKey('').sk && pk.startsWith(apiKeyKey('').pk) && gone !== true;

function called(item: Item): RestoredKey {
  const { keyId: id, name, role, team } = toKey(item);
  return { id, name, role, team };
}
