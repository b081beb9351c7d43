import type { Node } from 'constructs';
import * as z from 'zod';
import { closedPartOf, holdsAddress, isPrivate } from './address-range.ts';
import { INDEXES_CONTEXT } from './table-indexes.ts';

// `cdk -c name=value` can only give strings, so lists and booleans are read from text as well.
const listFromText = (value: unknown) =>
  typeof value === 'string' ? value.split(',').flatMap((part) => part.trim() || []) : value;
const numberFromText = (value: unknown) =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
const booleanFromText = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);

const AddressRange = z.union([z.cidrv4(), z.cidrv6()]);
const BareUrl = z
  .string()
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? '') && !/[\s?#@]|\/$/.test(text));

const idList = (pattern: RegExp) =>
  z.preprocess(listFromText, z.array(z.string().regex(pattern)).default([]));
const arnOf = (rest: string) => new RegExp(`^arn:aws[a-z-]*:${rest}$`);

/** The days that CloudWatch knows for a log. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Every setting: what it may be, and the same in words. */
export const settingRules = {
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
  /** The subnets that webhooks leave from; without any they leave from Lambda's own network. */
  subnetIds: {
    schema: idList(/^subnet-[0-9a-f]{8,17}$/),
    rule: 'a list of ids such as subnet-0a1b2c3d4e5f60718',
  },
  /** What these webhooks may reach in those subnets. */
  securityGroupIds: {
    schema: idList(/^sg-[0-9a-f]{8,17}$/),
    rule: 'a list of ids such as sg-0a1b2c3d4e5f60718',
  },
  /** A name for the API, instead of AWS's. */
  domainName: {
    schema: z
      .string()
      .regex(/^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/)
      .optional(),
    rule: 'a name such as signalbox.example.com',
  },
  /** The certificate of that name: of the stack's region, with a firewall of us-east-1. */
  certificateArn: {
    schema: z.string().regex(arnOf('acm:[a-z0-9-]+:\\d{12}:certificate\\/[0-9a-f-]{36}')).optional(),
    rule: 'the ARN of a certificate',
  },
  /** The hosted zone of Route 53 in which that name is made to lead to the API. */
  hostedZoneId: {
    schema: z
      .string()
      .regex(/^Z[A-Z0-9]{4,31}$/)
      .optional(),
    rule: 'the id of a hosted zone, such as Z0123456789ABCDEFGHIJ',
  },
  /** CloudFront with a web ACL before the API: one of ours, or one that exists. */
  firewall: {
    schema: z
      .string()
      .regex(
        new RegExp(
          `^managed$|${arnOf('wafv2:us-east-1:\\d{12}:global\\/webacl\\/[\\w-]+\\/[0-9a-f-]{36}').source}`,
        ),
      )
      .optional(),
    rule: 'managed, or the ARN of a web ACL for CloudFront, which is of us-east-1',
  },
  /** Which kind of API Gateway is the door: an HTTP API at a third of the price, or a REST API. */
  api: {
    schema: z.enum(['http', 'rest']).default('http'),
    rule: 'http or rest',
  },
  /** How many requests with events the API takes a second; what is more gets 429. */
  eventRequestsPerSecond: {
    schema: z.preprocess(numberFromText, z.int().min(1).max(10_000).default(1_000)),
    rule: 'a number from 1 to 10000',
  },
  /** How many requests each other route takes. */
  requestsPerSecond: {
    schema: z.preprocess(numberFromText, z.int().min(1).max(10_000).default(1_000)),
    rule: 'a number from 1 to 10000',
  },
  /** Where Slack's methods are. */
  slackApiUrl: {
    schema: BareUrl.default('https://slack.com/api'),
    rule: 'a URL such as https://slack.com/api, without user name, query and a slash at its end',
  },
  /** How long deliveries and their attempts are kept. The same event id is one event for as long. */
  historyDays: {
    schema: z.preprocess(numberFromText, z.int().min(35).max(3_650).default(90)),
    rule: 'a number of days from 35 to 3650',
  },
  /** How long the logs of functions and requests are kept. */
  logDays: {
    schema: z.preprocess(numberFromText, z.literal(LOG_DAYS).default(30)),
    rule: `a number of days that CloudWatch knows: ${LOG_DAYS.join(', ')}`,
  },
  /** Where alarms are mailed to. */
  alarmEmail: {
    schema: z.email().optional(),
    rule: 'an e-mail address',
  },
  /** An SNS topic that alarms go to. */
  alarmTopicArn: {
    schema: z
      .string()
      .regex(/^arn:[a-z0-9-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/)
      .optional(),
    rule: 'the ARN of an SNS topic',
  },
  /** Whether an event of our own goes through the whole chain every five minutes, with an alarm when it does not fire. */
  canary: {
    schema: z.preprocess(booleanFromText, z.boolean().default(false)),
    rule: 'true or false',
  },
  /** Whether the table, the admin key and the logs outlive the stack. */
  retainData: {
    schema: z.preprocess(booleanFromText, z.boolean().default(true)),
    rule: 'true or false',
  },
};

type Rules = typeof settingRules;

/** What an operator decides about one deployment, and where the built functions lie. */
export type Settings = { [Name in keyof Rules]: z.output<Rules[Name]['schema']> } & {
  functionsFolder: string;
};

/** A setting that cannot be used; its message names the setting and the way out. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Context = Pick<Node, 'tryGetContext'>;

function refuse(name: keyof Rules, given: unknown, rule: string): never {
  throw new SettingsError(
    `The setting "${name}" is ${JSON.stringify(given)}, but it must be ${rule}. Give it as "-c ${name}=…" or under "context" in cdk.json.`,
  );
}

function readSetting(context: Context, name: keyof Rules) {
  const { schema, rule } = settingRules[name];
  const given: unknown = context.tryGetContext(name);
  const result = schema.safeParse(given);
  return result.success ? result.data : refuse(name, given, rule);
}

/** Refuses a name that can only be a misspelled setting: the CDK's own, and its tools', are none of one word. */
export function checkNames(names: readonly string[]): void {
  const settings = Object.keys(settingRules);
  const unknown = names.find(
    (name) => /^\w+$/.test(name) && name !== INDEXES_CONTEXT && !settings.includes(name),
  );
  if (unknown === undefined) return;
  throw new SettingsError(
    `There is no setting "${unknown}". There are: ${settings.join(', ')}. Mend it where it was given: as "-c ${unknown}=…", or under "context" in cdk.json or ~/.cdk.json.`,
  );
}

/** Reads the settings from the CDK context; a wrong one is a SettingsError. What emulators may do, AWS may not. */
export function readSettings(context: Context, functionsFolder: string, isEmulated = false): Settings {
  const names = Object.keys(settingRules) as (keyof Rules)[];
  const read = Object.fromEntries(names.map((name) => [name, readSetting(context, name)]));
  // The table of rules ties each name to its type; TypeScript can't follow a name that varies.
  const settings = { ...read, functionsFolder } as Settings;
  checkAddresses(settings, isEmulated);
  checkNetwork(settings, isEmulated);
  checkDomain(settings);
  return settings;
}

function checkAddresses({ allowedAddresses, slackApiUrl }: Settings, isEmulated: boolean): void {
  for (const range of allowedAddresses) {
    const closed = closedPartOf(range, isEmulated);
    if (closed) refuse('allowedAddresses', range, `ranges that hold nothing of ${closed}`);
  }
  const { protocol, hostname } = new URL(slackApiUrl);
  if (protocol === 'https:' || holdsAddress(allowedAddresses, hostname)) return;
  refuse('slackApiUrl', slackApiUrl, 'https, unless its host is an address in allowedAddresses');
}

function checkNetwork(
  { allowedAddresses, subnetIds, securityGroupIds }: Settings,
  isEmulated: boolean,
): void {
  if (subnetIds.length > 0 !== securityGroupIds.length > 0) {
    const missing = subnetIds.length > 0 ? 'securityGroupIds' : 'subnetIds';
    refuse(missing, [], 'a list that is not empty, because the two go together');
  }
  const inside = allowedAddresses.find(isPrivate);
  if (inside === undefined || subnetIds.length > 0 || isEmulated) return;
  refuse('subnetIds', [], `the subnets from which ${inside} is reached, because allowedAddresses holds it`);
}

function checkDomain({ domainName, certificateArn, hostedZoneId, firewall }: Settings): void {
  if (domainName !== undefined && certificateArn === undefined) {
    refuse('certificateArn', certificateArn, `the ARN of a certificate for ${domainName}`);
  }
  if (firewall?.length && certificateArn?.split(':')[3] !== 'us-east-1') {
    refuse('certificateArn', certificateArn, 'of us-east-1, because the firewall is CloudFront');
  }
  if (domainName === undefined && (certificateArn ?? hostedZoneId ?? firewall) !== undefined) {
    refuse('domainName', domainName, 'given where certificateArn, hostedZoneId or firewall are');
  }
}
