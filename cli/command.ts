import { type Command, Option } from 'commander';
import { openSession, type Session } from './session.ts';
import type { Screen } from './terminal/screen.ts';

/** One command, as a row of a table: how it is called, what its help says, what it does. */
export interface CommandSpec {
  /** Its name and its arguments, as in `show <automation>`. */
  usage: string;
  summary: string;
  /** What its help says beyond the summary. */
  details?: string;
  options?: readonly Option[];
  /** Calls that teach it: what for, and the arguments behind `signalbox`. */
  examples: readonly (readonly [purpose: string, call: string])[];
  /** Whether --team says whose things are meant. */
  ofTeam?: true;
  /** What it prints where no terminal and no option decides; `none` for what has a form of its own. */
  output?: Screen['format'] | 'none';
  isHidden?: true;
  run: (session: Session, input: CommandInput) => Promise<void> | void;
}

export interface CommandInput {
  // biome-ignore lint/suspicious/noExplicitAny: commander's own type of what the options above hold.
  options: Record<string, any>;
  args: string[];
}

export const option = (flags: string, description: string) => new Option(flags, description);

const teamOption = () => option('-t, --team <team>', 'the team that is meant (or SIGNALBOX_TEAM)');
const jsonOption = () => option('--json', 'print one JSON object a line').conflicts('text');
const textOption = () => option('--text', 'print text for people, also where no terminal is');

/** A command of commander's for each row. */
export function addCommands(parent: Command, specs: readonly CommandSpec[]): void {
  for (const spec of specs) addCommand(parent, spec);
}

function addCommand(parent: Command, spec: CommandSpec): void {
  const command = parent.command(spec.usage, { hidden: spec.isHidden === true });
  const path = [parent.parent && parent.name(), command.name()].filter(Boolean).join(' ');
  command
    .showHelpAfterError(`hint: see signalbox ${path} --help`)
    .summary(spec.summary)
    .description(descriptionOf(spec));
  for (const one of spec.options ?? []) command.addOption(one);
  if (spec.ofTeam) command.addOption(teamOption());
  if (spec.output !== 'none') command.addOption(jsonOption()).addOption(textOption());
  if (spec.examples.length > 0) command.addHelpText('after', examplesText(spec.examples));
  command.action(() => {
    const options = command.opts();
    const fallback = spec.output === 'text' ? 'text' : 'json';
    return spec.run(openSession(options, fallback), { options, args: command.args });
  });
}

function descriptionOf({ summary, details }: CommandSpec): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return details === undefined ? sentence : `${sentence}\n\n${details.replace(/(?<!\n)\n(?!\n)/g, ' ')}`;
}

function examplesText(examples: CommandSpec['examples']): string {
  const lines = examples.flatMap(([purpose, call]) => [`  # ${purpose}`, `  ${callText(call)}`, '']);
  return ['', 'Examples:', ...lines].join('\n').trimEnd();
}

/** An example may begin with what is piped into it: `… | signalbox …`, or a redirection. */
const callText = (call: string) => (call.includes('signalbox ') ? call : `signalbox ${call}`);
