import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const client = new SecretsManagerClient({});

/** The value of one version of a secret. A version never changes, so the caller may keep it. */
export async function readSecretValue(secretId: string, versionId?: string): Promise<string> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, ...version }));
  if (SecretString === undefined) throw new Error(`secret ${secretId} holds no text`);
  return SecretString;
}

/** Reads a secret that changes rarely, and asks again after `keptMs`. */
export function makeCachedSecret(secretId: string, keptMs: number, now: () => number): () => Promise<string> {
  let cached: { value: Promise<string>; untilMs: number } | undefined;
  return () => {
    if (!cached || cached.untilMs <= now()) {
      const value = readSecretValue(secretId);
      cached = { value, untilMs: now() + keptMs };
      // A failed read is not kept.
      value.catch(() => {
        cached = undefined;
      });
    }
    return cached.value;
  };
}
