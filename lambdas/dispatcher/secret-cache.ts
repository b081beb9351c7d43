import type { SecretEntry } from '../../store/secrets.ts';

export interface SecretCacheDeps {
  readEntry: (team: string, name: string) => Promise<SecretEntry | undefined>;
  /** Undefined when the secret is gone. */
  readValue: (secretId: string, versionId: string) => Promise<string | undefined>;
}

const MAX_VALUES = 1000;

/**
 * Reads team secrets. The entry in the table says which version is in force and is read every time, so that a
 * new value takes effect at once; a version's value never changes and is kept.
 */
export function makeSecretCache(
  deps: SecretCacheDeps,
): (team: string, name: string) => Promise<string | undefined> {
  const values = new Map<string, string>();
  return async (team, name) => {
    const entry = await deps.readEntry(team, name);
    if (!entry) return undefined;
    const id = `${entry.secretId}@${entry.versionId}`;
    const known = values.get(id);
    if (known !== undefined) return known;
    const value = await deps.readValue(entry.secretId, entry.versionId);
    if (value === undefined) return undefined;
    if (values.size >= MAX_VALUES) values.clear();
    values.set(id, value);
    return value;
  };
}
