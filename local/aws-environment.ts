import { devNull } from 'node:os';
import { region } from './topology.ts';

/** Anything does: the emulators check no signature. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface Endpoints {
  dynamodb: string;
  sqs: string;
  secretsManager: string;
}

/** What every function finds in its environment beside its own variables. */
export function awsVariables({ dynamodb, sqs, secretsManager }: Endpoints): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    // The user's own profile could name another endpoint, or a real account.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/**
 * Replaces all AWS variables of this process, because the SDK reads some of them only when it is first called;
 * the answer puts the old ones back.
 */
export function replaceAwsVariables(variables: Record<string, string>): () => void {
  const before = { ...process.env };
  for (const name of Object.keys(before)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, variables);
  return () => {
    for (const name of Object.keys(variables)) delete process.env[name];
    for (const [name, value] of Object.entries(before))
      if (name.startsWith('AWS_')) process.env[name] = value;
  };
}
