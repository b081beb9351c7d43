import { Secret } from '../../core/secret.ts';
import type { SecretEntry } from '../../store/secrets.ts';

export interface SecretCacheDeps {
  readEntry: (team: string, name: string) => Promise<SecretEntry | undefined>;
  /** Undefined when the secret is gone. */
  readValue: (secretId: string, versionId: string) => Promise<string | undefined>;
  now: () => number;
}

/** Secrets Manager may not know for a while what it has just taken. */
const SETTLING_MS = 60_000;

const MAX_VALUES = 1000;

/**
 * Reads team secrets. The entry in the table says which version is in force and is read every time, so that a
 * new value takes effect at once; a version's value never changes and is kept. One that was just set and can't be read
 * yet throws: it is not missing, and a delivery that waits for it loses nothing.
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
    if (value === undefined) return missing(entry, deps.now());
    const secret = new Secret(value);
    if (values.size >= MAX_VALUES) values.clear();
    values.set(id, secret);
    return secret;
  };
}

function missing({ secretId, versionId, updatedAtMs }: SecretEntry, nowMs: number): undefined {
  if (nowMs - updatedAtMs >= SETTLING_MS) return undefined;
  throw new Error(`version ${versionId} of ${secretId} was just set and can not be read yet`);
}
