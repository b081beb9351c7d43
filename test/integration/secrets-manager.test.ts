import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Listening } from '../../local/listen.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { cleanUp, temporaryFolder } from '../support/local-runtime.ts';

const missing = { name: 'ResourceNotFoundException' };
const exists = { name: 'ResourceExistsException' };
const invalidRequest = { name: 'InvalidRequestException' };
const invalidParameter = { name: 'InvalidParameterException' };

let file: string;
let running: Listening;
let client: SecretsManagerClient;

async function start() {
  running = await startSecretsManager(file);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new SecretsManagerClient({ region: 'us-east-1', endpoint: running.url, credentials });
}

async function stop() {
  client.destroy();
  await running.stop();
}

beforeEach(async () => {
  file = join(temporaryFolder(), 'secrets.json');
  await start();
});

afterEach(async () => {
  await stop();
  await cleanUp();
});

const create = (Name: string, SecretString: string, more = {}) =>
  client.send(new CreateSecretCommand({ Name, SecretString, ...more }));
const put = (SecretId: string, SecretString: string, more = {}) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }));
const get = (SecretId: string, more = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));
const remove = (SecretId: string, more = {}) => client.send(new DeleteSecretCommand({ SecretId, ...more }));
const describe = (SecretId: string) => client.send(new DescribeSecretCommand({ SecretId }));

const tokenA = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa';
const tokenB = 'bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb';

test('a secret is found by its name and by its ARN', async () => {
  const { ARN = '', VersionId } = await create('signalbox/local/team/x', 'one');
  expect(ARN).toMatch(
    /^arn:aws:secretsmanager:us-east-1:000000000000:secret:signalbox\/local\/team\/x-\w{6}$/,
  );
  for (const id of ['signalbox/local/team/x', ARN]) {
    expect(await get(id)).toMatchObject({
      SecretString: 'one',
      VersionId,
      VersionStages: ['AWSCURRENT'],
      ARN,
    });
  }
});

test('a binary value comes back byte for byte', async () => {
  const SecretBinary = Buffer.from([0, 255, 7]);
  await client.send(new CreateSecretCommand({ Name: 'binary', SecretBinary }));
  const { SecretBinary: found, SecretString } = await get('binary');
  expect(Buffer.from(found!)).toEqual(SecretBinary);
  expect(SecretString).toBeUndefined();
});

test('a new value is current at once, and the one before stays as the previous', async () => {
  const { VersionId: first } = await create('x', 'one');
  const { VersionId: second } = await put('x', 'two');
  const { VersionId: third } = await put('x', 'three');
  expect(await get('x')).toMatchObject({ SecretString: 'three', VersionId: third });
  expect(await get('x', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({
    SecretString: 'two',
    VersionId: second,
  });
  expect(await get('x', { VersionId: first })).toMatchObject({ SecretString: 'one' });
  expect((await describe('x')).VersionIdsToStages).toEqual({
    [second!]: ['AWSPREVIOUS'],
    [third!]: ['AWSCURRENT'],
  });
});

test('a value can be put under a stage of its own, and the current one stays', async () => {
  await create('x', 'one');
  await put('x', 'next', { VersionStages: ['NEXT'] });
  expect(await get('x')).toMatchObject({ SecretString: 'one' });
  expect(await get('x', { VersionStage: 'NEXT' })).toMatchObject({ SecretString: 'next' });
});

test('the same request again changes nothing, and another under its token is refused', async () => {
  const first = await create('x', 'one', { ClientRequestToken: tokenA });
  expect(await create('x', 'one', { ClientRequestToken: tokenA })).toMatchObject({ ARN: first.ARN });
  await expect(create('x', 'two', { ClientRequestToken: tokenA })).rejects.toMatchObject(exists);
  await put('x', 'two', { ClientRequestToken: tokenB });
  await put('x', 'three');
  await put('x', 'two', { ClientRequestToken: tokenB });
  expect(await get('x')).toMatchObject({ SecretString: 'three' });
  await expect(put('x', 'four', { ClientRequestToken: tokenB })).rejects.toMatchObject(exists);
});

test.each([
  ['a second secret of one name', () => create('x', 'two'), exists],
  ['a name with a space', () => create('a b', 'one'), invalidParameter],
  ['a secret without a value', () => client.send(new CreateSecretCommand({ Name: 'y' })), invalidParameter],
  ['an empty value', () => create('y', ''), invalidParameter],
  ['a value over 64 KiB', () => create('y', 'x'.repeat(65_537)), invalidParameter],
  ['a secret that is not there', () => get('y'), missing],
  ['a value for a secret that is not there', () => put('y', 'one'), missing],
  ['a version that is not there', () => get('x', { VersionId: tokenB }), missing],
  ['a stage that is not there', () => get('x', { VersionStage: 'AWSPENDING' }), missing],
  [
    'a version and a stage that are not together',
    () => get('x', { VersionId: tokenA, VersionStage: 'AWSPREVIOUS' }),
    invalidRequest,
  ],
  ['the deletion of what is not there', () => remove('y'), missing],
  ['a window of one day', () => remove('x', { RecoveryWindowInDays: 1 }), invalidParameter],
  [
    'a window with a forced deletion',
    () => remove('x', { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
    invalidParameter,
  ],
  [
    'an operation that is not known here',
    () => client.send(new TagResourceCommand({ SecretId: 'x', Tags: [] })),
    { name: 'UnknownOperationException' },
  ],
])('refuses %s', async (_, act, error) => {
  await create('x', 'one', { ClientRequestToken: tokenA });
  await expect(act()).rejects.toMatchObject(error);
});

test('a deleted secret keeps its name for its window; it can be described, not used', async () => {
  await create('x', 'one');
  const before = Date.now();
  const { DeletionDate } = await remove('x', { RecoveryWindowInDays: 7 });
  expect(DeletionDate!.getTime()).toBeGreaterThanOrEqual(before + 7 * 86_400_000);
  await expect(get('x')).rejects.toMatchObject(invalidRequest);
  await expect(put('x', 'two')).rejects.toMatchObject(invalidRequest);
  await expect(create('x', 'two')).rejects.toMatchObject(invalidRequest);
  expect((await describe('x')).DeletedDate).toBeInstanceOf(Date);
});

test('a forced deletion frees the name, and the next secret has another ARN', async () => {
  const { ARN } = await create('x', 'one');
  await remove('x', { ForceDeleteWithoutRecovery: true });
  await expect(get('x')).rejects.toMatchObject(missing);
  const { ARN: next } = await create('x', 'two');
  expect(next).not.toBe(ARN);
});

test('secrets stay after a restart, in a file for its owner only', async () => {
  await create('x', 'one');
  await put('x', 'two');
  await stop();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await start();
  expect(await get('x')).toMatchObject({ SecretString: 'two' });
  expect(await get('x', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' });
});

test('a refused request leaves the file as it is', async () => {
  await create('x', 'one');
  const before = readFileSync(file, 'utf8');
  await expect(create('x', 'two')).rejects.toMatchObject(exists);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a file that cannot be read is a sentence, not a loss', async () => {
  await create('x', 'one');
  writeFileSync(file, '{"x":');
  await expect(startSecretsManager(file)).rejects.toThrow(/cannot be read: start with --fresh/);
  expect(readFileSync(file, 'utf8')).toBe('{"x":');
});
