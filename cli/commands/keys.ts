import { Role } from '../../core/key.ts';
import { type CommandSpec, option } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { confirmed } from '../terminal/ask.ts';
import { parseFuture } from '../terminal/moment.ts';
import { printDone, printList, printOne } from '../terminal/screen.ts';
import { yesOption } from './deletion.ts';

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
    options: [
      option('-r, --role <role>', 'what it may do').choices(Role.options).makeOptionMandatory(),
      option('--owner <name>', 'whose it is, for people to read'),
      option('--expires <time>', 'when it stops: a time, or after 12h or 90d').argParser(parseFuture),
      option('--project <name...>', 'a sender: for these projects only'),
      option('--registry <name...>', 'a sender: for these registries only'),
      option('--event <type...>', 'a sender: for these types of events only, such as run.*'),
    ],
    ofTeam: true,
    examples: [
      ['for training jobs', 'keys create "training jobs" --role sender --team vision'],
      [
        'that can do little, and not for long',
        'keys create nightly --role sender --project mnist --event "run.*" --expires 12h',
      ],
      [
        'into a variable',
        'export SIGNALBOX_API_KEY=$(signalbox keys create ci --role member --team vision | jq -r .key)',
      ],
    ],
    run: async ({ screen, connection, teamIfNamed }, { args: [name = ''], options }) => {
      const role: Role = options['role'];
      const team = role === 'org_admin' ? undefined : teamIfNamed;
      const {
        owner,
        expires: expires_at,
        project: projects,
        registry: registries,
        event: event_types,
      } = options;
      const given = Object.entries({ team, owner, expires_at, projects, registries, event_types });
      const fields = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      const { body } = await connection.call('createKey', { body: { name, role, ...fields } });
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
    options: [yesOption()],
    examples: [['a key that leaked', 'keys revoke key_0123456789abcdef']],
    run: async ({ screen, connection }, { args: [id = ''], options }) => {
      if (!(await confirmed(screen, options, `Revoke ${id}? Whoever uses it is refused within a minute.`)))
        return;
      await connection.call('revokeKey', { params: { id } });
      printDone(screen, { revoked: id }, `revoked  key ${id}`);
    },
  },
];

const columns = [
  { title: 'ID', isWhole: true, of: ({ id }: Key) => id },
  { title: 'NAME', of: ({ name }: Key) => name },
  { title: 'ROLE', isWhole: true, of: ({ role }: Key) => role },
  { title: 'OWNER', of: ({ owner }: Key) => owner },
  { title: 'EXPIRES', isWhole: true, of: ({ expires_at }: Key) => day(expires_at) },
  { title: 'LAST USED', isWhole: true, of: ({ last_used_at }: Key) => day(last_used_at) },
  { title: 'ONLY', mayGoBelow: true, of: narrowingText },
];

const day = (time: string | undefined) => time?.slice(0, 10);

/** What a sender's key is narrowed to. */
function narrowingText({ projects, registries, event_types }: Key): string {
  const parts = [
    ...(projects ?? []),
    ...(registries ?? []).map((name) => `registry ${name}`),
    ...(event_types ?? []),
  ];
  return parts.join(', ');
}
