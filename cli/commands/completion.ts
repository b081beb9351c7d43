import type { Command } from 'commander';
import type { CommandSpec } from '../command.ts';
import { candidatesFor, type NamesOf } from '../completion/candidates.ts';
import { deployedNames } from '../completion/deployed-names.ts';
import { completionScripts } from '../completion/scripts.ts';
import { badUsage } from '../trouble.ts';

const shells = Object.keys(completionScripts);

const namesOf: NamesOf = async (argument, words) =>
  argument === 'shell' ? shells : deployedNames(argument, words);

/** The command that sets up a shell, and the one that the shell then asks. */
export function completionCommands(program: Command): CommandSpec[] {
  return [
    {
      usage: 'completion <shell>',
      summary: 'print what makes bash, zsh or fish complete commands and names',
      details: 'Names of automations and the like are looked up in the deployment.',
      output: 'none',
      examples: [
        ['bash, in ~/.bashrc', 'source <(signalbox completion bash)'],
        ['zsh, in ~/.zshrc behind compinit', 'source <(signalbox completion zsh)'],
        ['fish', 'signalbox completion fish > ~/.config/fish/completions/signalbox.fish'],
      ],
      run: ({ screen }, { args: [shell = ''] }) => {
        const script = completionScripts[shell];
        if (script === undefined)
          throw badUsage(`there is no completion for ${shell}`, `there is ${shells.join(', ')}`);
        screen.print(script);
      },
    },
    {
      usage: 'complete [words...]',
      summary: 'print what may come next',
      output: 'none',
      isHidden: true,
      examples: [],
      run: async (session, { args }) => {
        const found = await candidatesFor(program, args, namesOf);
        for (const { text, summary } of found) session.screen.print(summary ? `${text}\t${summary}` : text);
      },
    },
  ];
}
