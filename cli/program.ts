import { Command } from 'commander';
import { addCommands, type CommandSpec } from './command.ts';
import { applyCommand } from './commands/apply.ts';
import { automationCommands } from './commands/automations.ts';
import { completionCommands } from './commands/completion.ts';
import { deliveryCommands } from './commands/deliveries.ts';
import { eventCommands } from './commands/events.ts';
import { exportCommand } from './commands/export.ts';
import { integrationCommands } from './commands/integrations.ts';
import { keyCommands } from './commands/keys.ts';
import { schemaCommand } from './commands/schema.ts';
import { secretCommands } from './commands/secrets.ts';
import { teamCommands } from './commands/teams.ts';

/** The commands by noun; those without one stand alone. */
const groups: Record<string, { summary: string; commands: readonly CommandSpec[] }> = {
  events: { summary: 'post events', commands: eventCommands },
  automations: { summary: 'what fires, on which events', commands: automationCommands },
  deliveries: { summary: 'what was fired, and how it was delivered', commands: deliveryCommands },
  integrations: { summary: 'webhooks and Slack channels', commands: integrationCommands },
  secrets: { summary: 'values that integrations use and nobody sees', commands: secretCommands },
  keys: { summary: 'keys of the API', commands: keyCommands },
  teams: { summary: 'the teams of the organization', commands: teamCommands },
};

const single: readonly CommandSpec[] = [applyCommand, exportCommand, schemaCommand];

const environment = `
Environment:
  SIGNALBOX_URL      where the API is; without it, http://127.0.0.1:8377 as npm start has it
  SIGNALBOX_API_KEY  a key of that deployment
  SIGNALBOX_TEAM     the team that is meant where --team does not say
  NO_COLOR           no colours, also on a terminal

Tables on a terminal, one JSON object a line elsewhere; --text and --json say otherwise.
Exit codes: 0 done, 1 refused or failed, 2 not used rightly.`;

/** The whole command line, ready to parse. Each error of usage is thrown with the exit code 2. */
export function makeProgram(version: string): Command {
  const program = new Command('signalbox')
    .usage('<command> [options]')
    .description('Automations on ML registry and run events: the command line of Signalbox.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', environment);
  for (const [noun, { summary, commands }] of Object.entries(groups)) {
    const group = program
      .command(noun)
      .summary(summary)
      .description(`${noun}: ${summary}`)
      .helpCommand(false);
    addCommands(group, commands);
  }
  addCommands(program, [...single, ...completionCommands(program)]);
  return program;
}
