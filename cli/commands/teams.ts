import { type CommandSpec, option } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { confirmed } from '../terminal/ask.ts';
import { printDone, printList } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';
import { yesOption } from './deletion.ts';

type Team = Listed<'listTeams', 'teams'>;

export const teamCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: 'list the teams by name',
    details: 'Needs a key of the role org_admin.',
    examples: [['all teams', 'teams list']],
    run: async ({ screen, connection }) => {
      const teams = await everyItem(connection, 'listTeams', 'teams');
      printList(screen, teams, columns, 'There are no teams yet: signalbox teams create <name>');
    },
  },
  {
    usage: 'create <name>',
    summary: 'make a team',
    details: 'Needs a key of the role org_admin.',
    options: [option('--description <text>', 'what it does')],
    examples: [['the team of the vision group', 'teams create vision']],
    run: async ({ screen, connection }, { args: [name = ''], options: { description } }) => {
      const body = { name, ...(description !== undefined && { description }) };
      const { body: made } = await connection.call('createTeam', { body });
      printDone(screen, made, `created  team ${made.name}`);
    },
  },
  {
    usage: 'delete <team>',
    summary: 'delete a team that owns nothing any more',
    details: 'Needs a key of the role org_admin.',
    options: [yesOption()],
    examples: [['a team that is no more', 'teams delete vision']],
    run: async ({ screen, connection }, { args: [team = ''], options }) => {
      if (!(await confirmed(screen, options, `Delete the team ${team}?`))) return;
      await connection.call('deleteTeam', { params: { team } });
      printDone(screen, { deleted: team }, `deleted  team ${team}`);
    },
  },
];

const columns = [
  { title: 'NAME', isWhole: true, of: ({ name }: Team) => name },
  { title: 'CREATED', isWhole: true, of: ({ created_at }: Team) => shortTime(created_at) },
  { title: 'DESCRIPTION', of: ({ description }: Team) => description },
];
