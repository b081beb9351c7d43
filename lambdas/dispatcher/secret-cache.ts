import { Secret } from '../../core/secret.ts';
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
): (team: string, name: string) => Promise<Secret | undefined> {
  const values = new Map<string, Secret>();
  return async (team, name) => {
    const entry = await deps.readEntry(team, name);
    if (!entry) return undefined;
    const id = `${entry.secretId}@${entry.versionId}`;
    const known = values.get(id);
    if (known !== undefined) return known;
    const value = await deps.readValue(entry.secretId, entry.versionId);
    if (value === undefined) return undefined;
    const secret = new Secret(value);
    if (values.size >= MAX_VALUES) values.clear();
    values.set(id, secret);
    return secret;
  };
}
