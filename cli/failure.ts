import { Refusal } from './connection.ts';
import { plain } from './terminal/plain-text.ts';
import { type ExitCode, Trouble } from './trouble.ts';

/** What to say of an error, and the exit code that goes with it. */
export interface Failure {
  lines: string[];
  exitCode: ExitCode;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Trouble) return { lines: said(error.message, error.hint), exitCode: error.exitCode };
  if (error instanceof Refusal) return { lines: saidOfRefusal(error), exitCode: 1 };
  const { stack, message } = error as Error;
  const hint = 'this is a bug of the command line: please report it with the lines above';
  return {
    lines: said(`something went wrong: ${message}`, undefined).concat(stack?.split('\n').slice(1, 4) ?? [], [
      `hint: ${hint}`,
    ]),
    exitCode: 1,
  };
}

function said(message: string, hint: string | undefined): string[] {
  return [`error: ${plain(message)}`, ...(hint ? [`hint: ${plain(hint)}`] : [])];
}

function saidOfRefusal({ status, problem, message }: Refusal): string[] {
  const isSaid = problem.field === undefined || message.startsWith(problem.field);
  const field = isSaid ? '' : `${problem.field}: `;
  const code = problem.code ? `${status} ${problem.code}` : String(status);
  return said(`${field}${message} (${code})`, hintFor(status, problem));
}

/** The API's own way out, in the words of the command line where it has better ones. */
function hintFor(status: number, { hint, code }: Refusal['problem']): string | undefined {
  if (status === 401)
    return 'check SIGNALBOX_API_KEY: it must be a key of the deployment that SIGNALBOX_URL names';
  if (code === 'stale_version') return 'run the command again: it starts from what is there now';
  return inCommands(ownHint(hint));
}

/** How a request that a hint of the API names is done on the command line. */
const commands: readonly (readonly [request: RegExp, command: string])[] = [
  [/PUT \/v1\/teams\/(\S+)\/secrets\/<name>/, 'signalbox secrets set <name> --team $1'],
  [/PUT \/v1\/registries\/(\S+)\/teams\/(\S+)/, 'signalbox registries grant $1 $2 <role>'],
  [/POST \/v1\/(\w+)/, 'signalbox $1 create'],
  [/GET \/v1\/(\w+)\?team=(\S+)/, 'signalbox $1 list --team $2'],
  [/GET \/v1\/registries\/\S+/, 'signalbox registries list'],
  [/GET \/v1\/openapi\.json/, 'signalbox --help'],
  [/GET \/v1\/(\w+)/, 'signalbox $1 list'],
  [/DELETE \/v1\/keys\/(\S+)/, 'signalbox keys revoke $1'],
  [/\?force=true/, '--force'],
];

function inCommands(hint: string | undefined): string | undefined {
  return commands.reduce((text, [request, command]) => text?.replace(request, command), hint);
}

/** A hint of the API's that says more than to correct the field. */
export function ownHint(hint: string | undefined): string | undefined {
  return hint?.startsWith('correct ') ? undefined : hint;
}
