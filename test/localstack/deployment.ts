import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Cloud } from '../support/ministack.ts';

const root = join(import.meta.dirname, '../..');
const sources = ['bin', 'core', 'lambdas', 'lib', 'store', 'cdk.json', 'package.json', 'tsconfig.json'];

/** A copy of what `cdk deploy` builds from, to be changed without harm; deployments side by side need one each. */
export interface Project {
  folder: string;
  /** Replaces a part of a file, which must be there. */
  edit(file: string, before: string, after: string): void;
  remove(): void;
}

export function copyProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-project-'));
  for (const source of sources) cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return projectIn(folder);
}

/** A project of its own in a folder. */
export function projectIn(folder: string): Project {
  return {
    folder,
    edit: (file, before, after) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      if (!text.includes(before)) throw new Error(`${file} has no ${JSON.stringify(before)} any more`);
      writeFileSync(path, text.replace(before, after));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a program of node_modules or of this project in the copy, and answers what it printed. */
export async function run(
  cloud: Cloud,
  { folder }: Project,
  script: string,
  ...args: string[]
): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], {
      cwd: folder,
      env: { ...cloud.environment, CI: 'true', NO_COLOR: '1' },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${script} ${args.join(' ')}\n${`${stdout}${stderr}`.slice(-4_000)}`, { cause: error });
  }
}

/** Runs the plain `cdk`, as whoever deploys does. */
function cdk(cloud: Cloud, project: Project, ...args: string[]): Promise<string> {
  return run(cloud, project, 'node_modules/aws-cdk/bin/cdk', ...args);
}

/** `cdk bootstrap`, far from any app: it would synthesize that to find out account and region. */
export async function bootstrap(cloud: Cloud): Promise<void> {
  const { AWS_ACCESS_KEY_ID = '', AWS_REGION } = cloud.environment;
  // Emulators take a key of twelve digits for the account.
  const account = /^\d{12}$/.test(AWS_ACCESS_KEY_ID) ? AWS_ACCESS_KEY_ID : '000000000000';
  const nowhere = projectIn(mkdtempSync(join(tmpdir(), 'signalbox-bootstrap-')));
  const script = join(root, 'node_modules/aws-cdk/bin/cdk');
  await run(cloud, nowhere, script, 'bootstrap', `aws://${account}/${AWS_REGION}`).finally(nowhere.remove);
}

export interface DeploymentSettings {
  stage: string;
  api: 'http' | 'rest';
  retainData: boolean;
  /** Other settings, by their names. */
  more?: Record<string, string>;
}

/** A stack that is up. */
export interface Deployment extends DeploymentSettings {
  url: string;
  adminKey: string;
  tableName: string;
  /** What its name must lead to, where it has one. */
  domainTarget: string | undefined;
  /** Physical ids by the beginning of the logical one, which is the construct path without slashes. */
  physicalId(logicalId: string): string;
  request(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<{ status: number; body: unknown }>;
}

/** Those settings, and where receivers may be, as `cdk` takes them. */
export const contextOf = ({ stage, api, retainData, more }: DeploymentSettings) =>
  Object.entries({
    stage,
    api,
    retainData,
    allowedAddresses: '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16',
    ...more,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** `cdk deploy`, and where everything is afterwards. */
export async function deploy(
  cloud: Cloud,
  project: Project,
  settings: DeploymentSettings,
): Promise<Deployment> {
  const file = join(project.folder, 'outputs.json');
  const args = ['deploy', '--require-approval', 'never', '--outputs-file', file, ...contextOf(settings)];
  await cdk(cloud, project, ...args);
  const outputs = JSON.parse(readFileSync(file, 'utf8'))[`Signalbox-${settings.stage}`];
  const adminKey = await readSecret(cloud, outputs.AdminKeySecretId);
  const ids = await readIds(cloud, settings.stage);
  const url = urlOn(cloud, settings, ids);
  return {
    ...settings,
    url,
    adminKey,
    tableName: outputs.TableName,
    domainTarget: outputs.DomainTarget,
    physicalId: (logicalId) => {
      const [found] = ids.find(([id]) => new RegExp(`^${logicalId}[0-9A-F]{8}$`).test(id))?.slice(1) ?? [];
      if (found === undefined) throw new Error(`the stack has no ${logicalId}`);
      return found;
    },
    request: (method, path, body, key = adminKey) => request(url + path, method, body, key),
  };
}

/** `cdk destroy`, of what the project deployed last. */
export async function destroy(cloud: Cloud, project: Project): Promise<string> {
  return cdk(cloud, project, 'destroy', '--force', '--app', 'cdk.out');
}

const stageOf = { http: '$default', rest: 'api' };

/** The names in URLs that AWS gives resolve on few machines; every emulator serves this form of them too. */
function urlOn({ endpoint }: Cloud, { api }: DeploymentSettings, ids: Ids): string {
  const door = api === 'http' ? /^HttpApi[0-9A-F]{8}$/ : /^RestApi[0-9A-F]{8}$/;
  const [, id] = ids.find(([logicalId]) => door.test(logicalId)) ?? [];
  return `${endpoint}/_aws/execute-api/${id}/${stageOf[api]}`;
}

type Ids = [logicalId: string, physicalId: string][];

/** What SDK clients need that talk to the emulator. */
export const clientOptions = ({ endpoint, environment }: Cloud) => ({
  endpoint,
  region: environment['AWS_REGION'] ?? '',
  credentials: {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

async function readSecret(cloud: Cloud, SecretId: string): Promise<string> {
  const client = new SecretsManagerClient(clientOptions(cloud));
  return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
}

async function readIds(cloud: Cloud, stage: string): Promise<Ids> {
  const client = new CloudFormationClient(clientOptions(cloud));
  const { StackResourceSummaries = [] } = await client.send(
    new ListStackResourcesCommand({ StackName: `Signalbox-${stage}` }),
  );
  return StackResourceSummaries.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
    LogicalResourceId,
    PhysicalResourceId,
  ]);
}

async function request(url: string, method: string, body: unknown, key: string) {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}
