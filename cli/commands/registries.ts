import type { RegistryRole } from '../../core/registry.ts';
import { type CommandSpec, option } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { confirmed } from '../terminal/ask.ts';
import { printDone, printList } from '../terminal/screen.ts';
import { forceOption, forceQuery, yesOption } from './deletion.ts';

type Registry = Listed<'listRegistries', 'registries'>;

export const registryCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: 'list the registries, or those in which your team has a role',
    examples: [['with the roles of teams in them', 'registries list']],
    run: async ({ screen, connection }) => {
      const registries = await everyItem(connection, 'listRegistries', 'registries');
      printList(screen, registries, columns, 'There are no registries: signalbox registries create <name>');
    },
  },
  {
    usage: 'create <name>',
    summary: 'make a registry',
    details: 'Needs a key of the role org_admin.',
    options: [option('--description <text>', 'what it is for')],
    examples: [['for models that are deployed', 'registries create models']],
    run: async ({ screen, connection }, { args: [name = ''], options: { description } }) => {
      const body = { name, ...(description !== undefined && { description }) };
      const { body: made } = await connection.call('createRegistry', { body });
      printDone(
        screen,
        made,
        `created  registry ${made.name}; give teams a role: signalbox registries grant ${made.name} <team> <role>`,
      );
    },
  },
  {
    usage: 'grant <registry> <team> <role>',
    summary: 'give a team a role in a registry',
    details: `A viewer sees it, a sender also posts events into it, a member or admin also has automations in it.
Needs a key of the role org_admin.`,
    options: [forceOption('also a lower role than enabled automations need: they are disabled')],
    examples: [['so that it can have automations', 'registries grant models vision member']],
    run: async ({ screen, connection }, { args: [registry = '', team = '', role = ''], options }) => {
      const input = {
        params: { registry, team },
        query: forceQuery(options),
        body: { role: role as RegistryRole },
      };
      const { body } = await connection.call('putRegistryRole', input);
      printDone(screen, body, `granted  team ${team} is ${role} in registry ${body.name}`);
    },
  },
  {
    usage: 'withdraw <registry> <team>',
    summary: "take a team's role in a registry away",
    details: 'Needs a key of the role org_admin.',
    options: [forceOption('also where enabled automations depend on it: they are disabled'), yesOption()],
    examples: [['what is no longer needed', 'registries withdraw models vision']],
    run: async ({ screen, connection }, { args: [registry = '', team = ''], options }) => {
      if (!(await confirmed(screen, options, `Take team ${team} its role in ${registry}?`))) return;
      await connection.call('deleteRegistryRole', { params: { registry, team }, query: forceQuery(options) });
      printDone(
        screen,
        { registry, team, role: null },
        `withdrawn  team ${team} has no role in registry ${registry}`,
      );
    },
  },
  {
    usage: 'delete <registry>',
    summary: 'delete a registry that no enabled automation watches',
    details: 'Needs a key of the role org_admin.',
    options: [forceOption('also one that is watched: those automations are disabled'), yesOption()],
    examples: [['no longer needed', 'registries delete models']],
    run: async ({ screen, connection }, { args: [registry = ''], options }) => {
      if (!(await confirmed(screen, options, `Delete the registry ${registry}?`))) return;
      await connection.call('deleteRegistry', { params: { registry }, query: forceQuery(options) });
      printDone(screen, { deleted: registry }, `deleted  registry ${registry}`);
    },
  },
];

const columns = [
  { title: 'NAME', of: ({ name }: Registry) => name },
  {
    title: 'ROLES',
    of: ({ roles: of }: Registry) => of.map(({ team, role }) => `${team} ${role}`).join(', '),
  },
  { title: 'DESCRIPTION', of: ({ description }: Registry) => description },
];
