import { randomInt } from 'node:crypto';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { credentials } from './aws-environment.ts';
import { adminKeySecretName, region } from './topology.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_LENGTH = 48;

export interface AdminKey {
  secretId: string;
  key: string;
}

/** The first admin key: made once, as CloudFormation does, and kept in the Secrets Manager at `endpoint`. */
export async function ensureAdminKey(endpoint: string): Promise<AdminKey> {
  const client = new SecretsManagerClient({ region, endpoint, credentials });
  try {
    return await readKey(client);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const SecretString = Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(
      '',
    );
    await client.send(new CreateSecretCommand({ Name: adminKeySecretName, SecretString }));
    return await readKey(client);
  } finally {
    client.destroy();
  }
}

async function readKey(client: SecretsManagerClient): Promise<AdminKey> {
  const { ARN = '', SecretString = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: adminKeySecretName }),
  );
  return { secretId: ARN, key: SecretString };
}
