import {
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

const client = new SecretsManagerClient({});

/** The value of one version of a secret. A version never changes, so the caller may keep it. */
async function readSecretValue(secretId: string, versionId?: string): Promise<string> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, ...version }));
  if (SecretString === undefined) throw new Error(`secret ${secretId} holds no text`);
  return SecretString;
}

/** As readSecretValue, but undefined for a secret that is gone or on its way out. */
export async function findSecretValue(secretId: string, versionId: string): Promise<string | undefined> {
  try {
    return await readSecretValue(secretId, versionId);
  } catch (error) {
    if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException)
      return undefined;
    throw error;
  }
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
