import {
  CreateSecretCommand,
  DeleteSecretCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Vault } from './context.ts';

/** Undefined where there is no such secret, or one that was deleted and only keeps its name for some days. */
async function unlessGone<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException)
      return undefined;
    throw error;
  }
}

/** The values of team secrets in Secrets Manager: written and deleted here, never read. */
export function makeVault(): Vault {
  const client = new SecretsManagerClient({});
  const versionOf = ({ VersionId }: { VersionId?: string | undefined }): string => {
    if (VersionId === undefined) throw new Error('Secrets Manager answered no version');
    return VersionId;
  };
  return {
    create: async (secretId, value) =>
      versionOf(await client.send(new CreateSecretCommand({ Name: secretId, SecretString: value }))),
    replace: async (secretId, value) => {
      const put = new PutSecretValueCommand({ SecretId: secretId, SecretString: value });
      const done = await unlessGone(client.send(put));
      return done && versionOf(done);
    },
    remove: async (secretId) => {
      await unlessGone(client.send(new DeleteSecretCommand({ SecretId: secretId, RecoveryWindowInDays: 7 })));
    },
  };
}
