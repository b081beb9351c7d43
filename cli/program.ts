import { Command } from 'commander';
import { addCommands, type CommandSpec } from './command.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { automationCommands } from './commands/automations.ts';
import { completionCommands } from './commands/completion.ts';
import { deliveryCommands } from './commands/deliveries.ts';
import { eventCommands } from './commands/events.ts';
import { exportCommand } from './commands/export.ts';
import { integrationCommands } from './commands/integrations.ts';
import { keyCommands } from './commands/keys.ts';
import { registryCommands } from './commands/registries.ts';
import { schemaCommand } from './commands/schema.ts';
import { secretCommands } from './commands/secrets.ts';
import { teamCommands } from './commands/teams.ts';
import { whyCommand } from './commands/why.ts';

interface Group {
  summary: string;
  commands: readonly CommandSpec[];
}

/** What there is in a deployment, and what can be done with it. */
const things: Record<string, Group> = {
  events: { summary: 'post events', commands: eventCommands },
  automations: { summary: 'what fires, and on which events', commands: automationCommands },
  deliveries: { summary: 'what was fired, and how it was delivered', commands: deliveryCommands },
  integrations: { summary: 'webhooks and Slack channels', commands: integrationCommands },
  secrets: { summary: 'values that integrations use and nobody sees', commands: secretCommands },
  keys: { summary: 'keys of the API', commands: keyCommands },
  teams: { summary: 'the teams of the organization', commands: teamCommands },
  registries: {
    summary: 'the registries of the organization, and who may use them',
    commands: registryCommands,
  },
};

const configuration: readonly CommandSpec[] = [applyCommand, exportCommand, schemaCommand];

const environment = `
Environment:
  SIGNALBOX_URL      where the API is; without it, http://127.0.0.1:8377 as npm start has it
  SIGNALBOX_API_KEY  a key of that deployment
  SIGNALBOX_TEAM     the team that is meant where --team does not say
  NO_COLOR           no colours, also on a terminal

Tables on a terminal, one JSON object a line elsewhere; --text and --json say otherwise.
Exit codes: 0 done, 1 refused or failed, 2 not used rightly.`;

/** commander's own complaints in the form of ours. */
function inOurWords(text: string): string {
  return text.replace(/^\(Did you mean (one of )?(.+?)\?\)$/m, 'hint: did you mean $2?');
}

/** The whole command line, ready to parse. Each error of usage is thrown with the exit code 2. */
export function makeProgram(version: string): Command {
  const program = new Command('signalbox')
    .usage('<command> [options]')
    .description('Automations on ML registry and run events: the command line of Signalbox.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('hint: see signalbox --help')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) })
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', environment);
  program.commandsGroup('In a deployment:');
  for (const [noun, group] of Object.entries(things)) addGroup(program, noun, group);
  addCommands(program, [whyCommand, auditCommand]);
  program.commandsGroup('Configuration as code:');
  addCommands(program, configuration);
  program.commandsGroup('In your shell:');
  addCommands(program, completionCommands(program));
  return program;
}

function addGroup(program: Command, noun: string, { summary, commands }: Group): void {
  const group = program.command(noun).summary(summary).usage('<command> [options]').helpCommand(false);
  group.showHelpAfterError(`hint: see signalbox ${noun} --help`);
  group.description(`${noun.charAt(0).toUpperCase()}${noun.slice(1)}: ${summary}.`);
  addCommands(group, commands);
}
