import { randomBytes, randomUUID } from 'node:crypto';
import { accountId, region } from './topology.ts';

/** A refusal as Secrets Manager words it; the code is the exception's name. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Version {
  value: SecretValue;
  stages: string[];
  createdAtMs: number;
}
interface Secret {
  arn: string;
  name: string;
  description?: string;
  createdAtMs: number;
  deletedAtMs?: number;
  versions: Record<string, Version>;
}
/** All secrets by name, as they stand in the file. */
export type Secrets = Record<string, Secret>;

type SecretValue = { SecretString?: string; SecretBinary?: string };
type Input = SecretValue & {
  Name?: string;
  SecretId?: string;
  ClientRequestToken?: string;
  Description?: string;
  VersionId?: string;
  VersionStage?: string;
  VersionStages?: string[];
  RecoveryWindowInDays?: number;
  ForceDeleteWithoutRecovery?: boolean;
};
type Operation = (secrets: Secrets, input: Input, nowMs: number) => Record<string, unknown>;

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const MAX_VALUE_BYTES = 65_536;

const invalidParameter = (message: string) => new SecretError('InvalidParameterException', message);
const invalidRequest = (message: string) => new SecretError('InvalidRequestException', message);
const notFound = (message: string) => new SecretError('ResourceNotFoundException', message);
const seconds = (ms: number) => ms / 1000;

/** The operations of Secrets Manager that Signalbox uses; each changes `secrets` in place. */
export const operations: Record<string, Operation> = {
  CreateSecret(secrets, input, nowMs) {
    const name = input.Name ?? '';
    if (!/^[\w/+=.@-]{1,512}$/.test(name)) throw invalidParameter('Invalid name.');
    const value = secretValueOf(input);
    if (!value) throw invalidParameter('You must provide either SecretString or SecretBinary.');
    const versionId = input.ClientRequestToken ?? randomUUID();
    const existing = secrets[name];
    if (existing) {
      checkUsable(existing, "You can't create this secret because a secret with this name");
      const same = existing.versions[versionId];
      if (!same || !sameValue(same.value, value)) {
        const message = `The operation failed because the secret ${name} already exists.`;
        throw new SecretError('ResourceExistsException', message);
      }
      return { ARN: existing.arn, Name: name, VersionId: versionId };
    }
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix()}`;
    const versions = { [versionId]: { value, stages: [CURRENT], createdAtMs: nowMs } };
    secrets[name] = {
      arn,
      name,
      ...(input.Description !== undefined && { description: input.Description }),
      createdAtMs: nowMs,
      versions,
    };
    return { ARN: arn, Name: name, VersionId: versionId };
  },

  PutSecretValue(secrets, input, nowMs) {
    const secret = usable(secrets, input);
    const value = secretValueOf(input);
    if (!value) throw invalidRequest('You must provide either SecretString or SecretBinary.');
    const versionId = input.ClientRequestToken ?? randomUUID();
    const existing = secret.versions[versionId];
    if (existing && !sameValue(existing.value, value)) {
      const message = `A resource with the ID you requested already exists: ${versionId}`;
      throw new SecretError('ResourceExistsException', message);
    }
    const stages = input.VersionStages ?? [CURRENT];
    if (!existing) {
      secret.versions[versionId] = { value, stages: [], createdAtMs: nowMs };
      for (const stage of stages) moveStage(secret, stage, versionId);
    }
    return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: stages };
  },

  GetSecretValue(secrets, input) {
    const secret = usable(secrets, input);
    const [versionId, version] = findVersion(secret, input);
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: versionId,
      VersionStages: version.stages,
      CreatedDate: seconds(version.createdAtMs),
      ...version.value,
    };
  },

  DescribeSecret(secrets, input) {
    const secret = find(secrets, input);
    const staged = Object.entries(secret.versions).filter(([, { stages }]) => stages.length > 0);
    return {
      ARN: secret.arn,
      Name: secret.name,
      ...(secret.description !== undefined && { Description: secret.description }),
      CreatedDate: seconds(secret.createdAtMs),
      ...(secret.deletedAtMs !== undefined && { DeletedDate: seconds(secret.deletedAtMs) }),
      VersionIdsToStages: Object.fromEntries(staged.map(([id, { stages }]) => [id, stages])),
    };
  },

  DeleteSecret(secrets, input, nowMs) {
    const { ForceDeleteWithoutRecovery: force = false, RecoveryWindowInDays: days } = input;
    if (force && days !== undefined) {
      throw invalidParameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    }
    const secret = force ? find(secrets, input) : usable(secrets, input);
    const deletedAtMs = nowMs + (force ? 0 : (days ?? 30) * 24 * 60 * 60 * 1000);
    if (force) delete secrets[secret.name];
    else secret.deletedAtMs = deletedAtMs;
    return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(deletedAtMs) };
  },
};

function find(secrets: Secrets, { SecretId }: Input): Secret {
  const secret = Object.values(secrets).find(({ name, arn }) => SecretId === name || SecretId === arn);
  if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
  return secret;
}

function usable(secrets: Secrets, input: Input): Secret {
  const secret = find(secrets, input);
  checkUsable(secret, "You can't perform this operation on the secret because it");
  return secret;
}

function checkUsable(secret: Secret, sentence: string): void {
  if (secret.deletedAtMs !== undefined) throw invalidRequest(`${sentence} was marked for deletion.`);
}

function findVersion(secret: Secret, { VersionId, VersionStage }: Input): [string, Version] {
  const stage = VersionStage ?? (VersionId === undefined ? CURRENT : undefined);
  const entry = Object.entries(secret.versions).find(([id, { stages }]) =>
    VersionId === undefined ? stages.includes(stage ?? '') : id === VersionId,
  );
  if (!entry) {
    const asked = VersionId === undefined ? `staging label: ${stage}` : `VersionId: ${VersionId}`;
    throw notFound(`Secrets Manager can't find the specified secret value for ${asked}`);
  }
  if (stage !== undefined && !entry[1].stages.includes(stage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  return entry;
}

/** A stage stands at one version only; what was current becomes previous. */
function moveStage(secret: Secret, stage: string, versionId: string): void {
  const from = Object.values(secret.versions).find(({ stages }) => stages.includes(stage));
  const to = secret.versions[versionId];
  if (from) from.stages = from.stages.filter((each) => each !== stage);
  to?.stages.push(stage);
  if (stage !== CURRENT || !from) return;
  for (const version of Object.values(secret.versions)) {
    version.stages = version.stages.filter((each) => each !== PREVIOUS);
  }
  from.stages.push(PREVIOUS);
}

function secretValueOf({ SecretString, SecretBinary }: Input): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value.");
  }
  const value = SecretString ?? SecretBinary;
  if (value === undefined) return undefined;
  if (value.length === 0 || Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw invalidParameter(`A secret value holds 1 to ${MAX_VALUE_BYTES} bytes.`);
  }
  return SecretString === undefined ? { SecretBinary: value } : { SecretString: value };
}

const sameValue = (a: SecretValue, b: SecretValue) =>
  a.SecretString === b.SecretString && a.SecretBinary === b.SecretBinary;

/** The six characters that AWS adds to a name, so that a deleted and remade secret has another ARN. */
function suffix(): string {
  return randomBytes(6).toString('base64').replaceAll(/[+/=]/g, 'A').slice(0, 6);
}
