import type { Command, Option } from 'commander';

/** One thing that could be typed next. */
export interface Candidate {
  text: string;
  summary: string;
}

/** What a shell asks: the words so far, the last of them perhaps only begun. */
export type NamesOf = (kind: string, words: string[]) => Promise<string[]>;

/**
 * What may come next: commands, options, the choices of an option, or names of things that the deployment has, which
 * `namesOf` looks up by what the argument is called.
 */
export async function candidatesFor(
  program: Command,
  words: string[],
  namesOf: NamesOf,
): Promise<Candidate[]> {
  const begun = words.at(-1) ?? '';
  const { command, args, openOption } = walk(program, words.slice(0, -1));
  const found = openOption
    ? await valuesOf(openOption, words, namesOf)
    : await nextOf(command, args, begun, words, namesOf);
  return found.filter(({ text }) => text.startsWith(begun));
}

interface Place {
  command: Command;
  /** Arguments given to it so far. */
  args: string[];
  /** The option whose value comes next. */
  openOption: Option | undefined;
}

function walk(program: Command, words: string[]): Place {
  const place: Place = { command: program, args: [], openOption: undefined };
  for (const word of words) step(place, word);
  return place;
}

function step(place: Place, word: string): void {
  const { command, openOption } = place;
  place.openOption = undefined;
  if (openOption) return;
  if (word.startsWith('-')) {
    place.openOption = command.options.find(
      (option) => (option.short === word || option.long === word) && (option.required || option.optional),
    );
    return;
  }
  const inner = command.commands.find((one) => one.name() === word);
  if (inner) Object.assign(place, { command: inner, args: [] });
  else place.args.push(word);
}

async function nextOf(
  command: Command,
  args: string[],
  begun: string,
  words: string[],
  namesOf: NamesOf,
): Promise<Candidate[]> {
  if (begun.startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0) return commandsOf(command);
  const declared = command.registeredArguments;
  const argument = declared[args.length] ?? declared.find(({ variadic }) => variadic);
  if (!argument) return optionsOf(command);
  if (argument.argChoices) return argument.argChoices.map(bare);
  return (await namesOf(argument.name(), words)).map(bare);
}

async function valuesOf(option: Option, words: string[], namesOf: NamesOf): Promise<Candidate[]> {
  if (option.argChoices) return option.argChoices.map(bare);
  const [, value = ''] = /[<[](\w+)/.exec(option.flags) ?? [];
  return (await namesOf(value, words)).map(bare);
}

const bare = (text: string): Candidate => ({ text, summary: '' });

function optionsOf(command: Command): Candidate[] {
  const { options } = command;
  return options
    .filter(({ hidden }) => !hidden)
    .map(({ long, short, description }) => ({ text: long ?? short ?? '', summary: description }));
}

function commandsOf(command: Command): Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ text: one.name(), summary: one.summary() }));
}
