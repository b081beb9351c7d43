import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';

const root = join(import.meta.dirname, '../..');

/** A resource as the template has it; `Properties` is read through a type that the asker gives. */
type Resource<Properties = unknown> = {
  Type: string;
  Properties: Properties;
  Metadata?: Record<string, string>;
  DependsOn?: string[];
  DeletionPolicy?: string;
};
type Template = {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
  Rules?: Record<string, { Assertions: Assertion[] }>;
};
type Assertion = { Assert: Record<string, unknown[]>; AssertDescription: string };
type Acknowledgment = { path: string; id: string; reason: string };
type Bundle = { files: string[]; zippedBytes: number };

/** A synthesized stack, its resources called by their construct path ("Ingestion/Events/Queue"). */
export type Synthesized = {
  template: Template;
  /** All resources of one type, by path. */
  resources<Properties>(type: string): Record<string, Resource<Properties>>;
  /** Writes references out: {"Fn::GetAtt": [table, "Arn"]} becomes "Storage/Table.Arn". */
  flat(value: unknown): string;
  /** The Lambda functions by their name, which is their folder under lambdas/. */
  functions<Properties>(): Record<string, Properties>;
  acknowledged: Acknowledgment[];
  /** What is deployed for each function. */
  bundles: Record<string, Bundle>;
};

function readJson<Content>(...path: string[]): Content {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

function pathOf(id: string, { Metadata }: Resource): string {
  const path = Metadata?.['aws:cdk:path'];
  return path
    ? path
        .split('/')
        .slice(1)
        .join('/')
        .replace(/\/Resource$/, '')
    : id;
}

function flatten(value: unknown, paths: Record<string, string>): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[intrinsic, operand] = ['', undefined]] = Object.entries(value);
  const name = (id: string) => paths[id] ?? `<${id}>`;
  switch (intrinsic) {
    case 'Ref':
      return name(operand);
    case 'Fn::GetAtt':
      return `${name(operand[0])}.${operand[1]}`;
    case 'Fn::Join':
      return operand[1].map((part: unknown) => flatten(part, paths)).join(operand[0]);
    default:
      return JSON.stringify(value);
  }
}

function readAcknowledgments(assembly: string, stackName: string): Acknowledgment[] {
  type Entry = { type: string; data: Record<string, string> };
  const metadata = readJson<Record<string, Entry[]>>(assembly, `${stackName}.metadata.json`);
  return Object.entries(metadata).flatMap(([path, entries]) =>
    entries
      .filter((entry) => entry.type === 'aws:cdk:acknowledged-rules')
      .flatMap(({ data }) =>
        Object.entries(data).map(([id, reason]) => ({
          path: path.split('/').slice(2).join('/'),
          id: id.replace('Annotation::', ''),
          reason,
        })),
      ),
  );
}

function readBundle(folder: string): Bundle {
  const files = readdirSync(folder);
  const sizes = files.map((file) => deflateRawSync(readFileSync(join(folder, file))).length);
  return { files, zippedBytes: sizes.reduce((total, size) => total + size, 0) };
}

/** Reads what a synth left in a folder. */
export function readAssembly(assembly: string): Synthesized {
  const file = readdirSync(assembly).find((name) => name.endsWith('.template.json')) ?? '';
  const template = readJson<Template>(assembly, file);
  const paths = Object.fromEntries(
    Object.entries(template.Resources).map(([id, resource]) => [id, pathOf(id, resource)]),
  );
  const resources = <Properties>(type: string) =>
    Object.fromEntries(
      Object.entries(template.Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([id, resource]) => [paths[id] ?? id, resource as Resource<Properties>]),
    );
  const functions = <Properties>() =>
    Object.fromEntries(
      Object.entries(resources<Properties>('AWS::Lambda::Function')).map(([path, { Properties }]) => [
        path.split('/').at(-2)?.toLowerCase() ?? path,
        Properties,
      ]),
    );
  const bundles = Object.fromEntries(
    Object.entries(functions<{ Code: { S3Key: string } }>()).map(([name, { Code }]) => [
      name,
      readBundle(join(assembly, `asset.${Code.S3Key.replace('.zip', '')}`)),
    ]),
  );
  return {
    template,
    resources,
    functions,
    flat: (value) => flatten(value, paths),
    acknowledged: readAcknowledgments(assembly, file.replace('.template.json', '')),
    bundles,
  };
}

/** Synthesizes the app as `cdk synth` does, with these settings as context; a finding rejects with the report. */
export async function synthesize(
  context: Record<string, unknown> = {},
  flags: ('planted' | 'emulated')[] = [],
): Promise<Synthesized> {
  const [stack] = await synthesizeAll([context], flags);
  return stack;
}

/**
 * As `synthesize`, once for each context. It runs in a process of its own, as jest takes several times as long to load
 * the CDK, and in one for all: most of a synth is loading the CDK and its rules.
 */
export async function synthesizeAll<const Contexts extends readonly Record<string, unknown>[]>(
  contexts: Contexts,
  flags: ('planted' | 'emulated')[] = [],
): Promise<{ -readonly [Each in keyof Contexts]: Synthesized }> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-synth-'));
  try {
    const script = ['bin/node.mjs', 'test/support/synth.ts', folder, JSON.stringify(contexts)];
    await promisify(execFile)(process.execPath, [...script, ...flags], { cwd: root });
    const stacks = contexts.map((_, at) => readAssembly(join(folder, `assembly-${at}`)));
    // TypeScript takes what map() answers for a list of any length.
    return stacks as { -readonly [Each in keyof Contexts]: Synthesized };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
