import type { CommandSpec } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { printList } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';

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
    examples: [['the team of the vision group', 'teams create vision']],
    run: async ({ screen, connection }, { args: [name = ''] }) => {
      const { body } = await connection.call('createTeam', { body: { name } });
      screen.print(screen.format === 'json' ? JSON.stringify(body) : `created  team ${body.name}`);
    },
  },
];

const columns = [
  { title: 'NAME', isWhole: true, of: ({ name }: Team) => name },
  { title: 'CREATED', of: ({ created_at }: Team) => shortTime(created_at) },
];
