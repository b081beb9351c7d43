import { Role } from '../../core/key.ts';
import { type CommandSpec, option } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { confirmed } from '../terminal/ask.ts';
import { plain } from '../terminal/plain-text.ts';
import { printDone, printList, printOne } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';

type Key = Listed<'listKeys', 'keys'>;

export const keyCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: "list a team's keys, or without a team those of the role org_admin",
    ofTeam: true,
    examples: [['whose keys there are', 'keys list --team vision']],
    run: async ({ screen, connection, teamIfNamed: team }) => {
      const query = team === undefined ? {} : { team };
      printList(
        screen,
        await everyItem(connection, 'listKeys', 'keys', { query }),
        columns,
        'There are no keys.',
      );
    },
  },
  {
    usage: 'create <name>',
    summary: 'make a key, and show it this once',
    details: `A sender posts events and nothing else: what a training job should have. A viewer reads; a
member also changes automations; an admin also integrations, secrets and keys. An org_admin
belongs to no team and may do everything.`,
    options: [option('-r, --role <role>', 'what it may do').choices(Role.options).makeOptionMandatory()],
    ofTeam: true,
    examples: [
      ['for training jobs', 'keys create "training jobs" --role sender --team vision'],
      [
        'into a variable',
        'export SIGNALBOX_API_KEY=$(signalbox keys create ci --role member --team vision | jq -r .key)',
      ],
    ],
    run: async ({ screen, connection, teamIfNamed }, { args: [name = ''], options }) => {
      const role: Role = options['role'];
      const team = role === 'org_admin' ? undefined : teamIfNamed;
      const { body } = await connection.call('createKey', {
        body: { name, role, ...(team !== undefined && { team }) },
      });
      printOne(screen, body, ({ id, key }) => [
        `created  key ${id} (${role}${team === undefined ? '' : ` of ${team}`})`,
        '',
        `  ${screen.paint('bold', key)}`,
        '',
        'Keep it now: it is not shown again.',
      ]);
    },
  },
  {
    usage: 'revoke <key>',
    summary: 'make a key stop working, within a minute',
    options: [option('-y, --yes', 'do not ask')],
    examples: [['a key that leaked', 'keys revoke key_0123456789abcdef']],
    run: async ({ screen, connection }, { args: [id = ''], options }) => {
      if (!(await confirmed(screen, options, `Revoke ${id}? Whoever uses it is refused within a minute.`)))
        return;
      await connection.call('revokeKey', { params: { id } });
      printDone(screen, { revoked: id }, `revoked  key ${plain(id)}`);
    },
  },
];

const columns = [
  { title: 'ID', isWhole: true, of: ({ id }: Key) => id },
  { title: 'NAME', of: ({ name }: Key) => name },
  { title: 'ROLE', of: ({ role }: Key) => role },
  { title: 'CREATED', isWhole: true, of: ({ created_at }: Key) => shortTime(created_at) },
];
