import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Vault } from './context.ts';

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
    replace: async (secretId, value) =>
      versionOf(await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }))),
    remove: async (secretId) => {
      await client.send(new DeleteSecretCommand({ SecretId: secretId, RecoveryWindowInDays: 7 }));
    },
  };
}
