import type { Node } from 'constructs';
import * as z from 'zod';

// `cdk -c name=value` can only give strings, so lists and booleans are read from text as well.
const listFromText = (value: unknown) =>
  typeof value === 'string' ? value.split(',').flatMap((part) => part.trim() || []) : value;
const booleanFromText = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);

const AddressRange = z.union([z.cidrv4(), z.cidrv6()]);

const rules = {
  /** Names one deployment; several stages may stand side by side in an account. */
  stage: {
    schema: z
      .string()
      .regex(/^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/)
      .default('dev'),
    rule: 'at most 20 lower-case letters, digits and dashes, the first a letter and the last no dash',
  },
  /** Address ranges beyond the public ones that webhooks may reach. */
  allowedAddresses: {
    schema: z.preprocess(listFromText, z.array(AddressRange).default([])),
    rule: 'a list of address ranges such as 10.0.0.0/8',
  },
  /** Which kind of API Gateway is the door: an HTTP API at a third of the price, or a REST API. */
  api: {
    schema: z.enum(['http', 'rest']).default('http'),
    rule: 'http or rest',
  },
  /** Whether the table, the admin key and the logs outlive the stack. */
  retainData: {
    schema: z.preprocess(booleanFromText, z.boolean().default(true)),
    rule: 'true or false',
  },
};

/** What an operator decides about one deployment, and where the built functions lie. */
export type Settings = {
  stage: string;
  allowedAddresses: string[];
  api: 'http' | 'rest';
  retainData: boolean;
  functionsFolder: string;
};

/** A setting that cannot be used; its message names the setting and the way out. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Context = Pick<Node, 'tryGetContext'>;

function readSetting<Name extends keyof typeof rules>(context: Context, name: Name) {
  const { schema, rule } = rules[name];
  const given: unknown = context.tryGetContext(name);
  const result = schema.safeParse(given);
  if (result.success) return result.data as z.output<(typeof rules)[Name]['schema']>;
  throw new SettingsError(
    `The setting "${name}" is ${JSON.stringify(given)}, but it must be ${rule}. Give it as "-c ${name}=…" or under "context" in cdk.json.`,
  );
}

/** Reads the settings from the CDK context; a wrong one is a SettingsError. */
export function readSettings(context: Context, functionsFolder: string): Settings {
  return {
    stage: readSetting(context, 'stage'),
    allowedAddresses: readSetting(context, 'allowedAddresses'),
    api: readSetting(context, 'api'),
    retainData: readSetting(context, 'retainData'),
    functionsFolder,
  };
}
