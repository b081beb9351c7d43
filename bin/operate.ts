import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Whoever runs the script asked for something that can't be; the message is one sentence. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: 1 | 2;

  constructor(sentence: string, exitCode: 1 | 2 = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<Given extends Options> = ReturnType<typeof parseArgs<{ options: Given }>>['values'];

/** Runs an operator's script and ends with its exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function operate<Given extends Options>(
  help: string,
  options: Given,
  script: (values: Values<Given>) => Promise<boolean>,
): Promise<void> {
  const given = { ...options, help: { type: 'boolean' } } as const;
  readRegion();
  try {
    const { values } = parseArgs({ options: given });
    if ((values as { help?: boolean }).help) console.log(help);
    else process.exitCode = (await script(values as Values<Given>)) ? 0 : 1;
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    console.error(sentenceOf(error));
  }
}

/** `aws` and `cdk` take both, the SDK the first alone: these scripts would look for the stack in another region. */
function readRegion(): void {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  if (!AWS_REGION && AWS_DEFAULT_REGION) process.env['AWS_REGION'] = AWS_DEFAULT_REGION;
}

const isUsage = (error: unknown) => (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;

function exitCodeOf(error: unknown): number {
  if (error instanceof Refusal) return error.exitCode;
  return isUsage(error) ? 2 : 1;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (isUsage(error)) return `${message.split('. ')[0]} (--help lists the options).`;
  return `AWS did not do it: ${name}: ${message}`;
}

const stageNames = /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/;

/** The stage that was named; a Refusal when it can be none. */
export function checkedStage(stage: string | undefined): string {
  if (stage !== undefined && stageNames.test(stage)) return stage;
  throw new Refusal(
    `--stage must name a stage, as "cdk deploy -c stage=…" did; ${JSON.stringify(stage)} is none.`,
    2,
  );
}
