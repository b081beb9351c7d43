import type { CommandSpec } from '../command.ts';
import type { Listed } from '../connection.ts';
import { everyItem } from '../paging.ts';
import { confirmed, readSecretValue } from '../terminal/ask.ts';
import { printDone, printList } from '../terminal/screen.ts';
import { shortTime } from '../terminal/time.ts';
import { forceOption, forceQuery, yesOption } from './deletion.ts';

type Secret = Listed<'listSecrets', 'secrets'>;

export const secretCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: "list a team's secrets by name",
    details: 'Values are never shown, not even to who set them.',
    ofTeam: true,
    examples: [['what is set', 'secrets list --team vision']],
    run: async ({ screen, connection, team }) => {
      const secrets = await everyItem(connection, 'listSecrets', 'secrets', { params: { team } });
      printList(screen, secrets, columns, `Team ${team} has no secrets: signalbox secrets set <name>`);
    },
  },
  {
    usage: 'set <name>',
    summary: 'set or replace a secret',
    details: `The value comes from standard input, or is typed without being shown; never from the command
line, where others could read it. One line end at its end is left out. The new value is in force
when the command is done.`,
    ofTeam: true,
    examples: [
      ['typed', 'secrets set SLACK_TOKEN --team vision'],
      ['from a file', 'signalbox secrets set SIGNING < signing-secret.txt'],
    ],
    run: async ({ screen, connection, team }, { args: [name = ''] }) => {
      const value = await readSecretValue(name);
      const { body, status } = await connection.call('putSecret', {
        params: { team, name },
        body: { value },
      });
      printDone(screen, body, `${status === 201 ? 'created' : 'replaced'}  secret ${name}`);
    },
  },
  {
    usage: 'delete <name>',
    summary: 'delete a secret that no integration uses',
    options: [forceOption('also one that is used: those deliveries will fail'), yesOption()],
    ofTeam: true,
    examples: [['no longer needed', 'secrets delete OLD_SIGNING --team vision']],
    run: async ({ screen, connection, team }, { args: [name = ''], options }) => {
      if (!(await confirmed(screen, options, `Delete the secret ${name} of team ${team}?`))) return;
      await connection.call('deleteSecret', {
        params: { team, name },
        query: forceQuery(options),
      });
      printDone(screen, { deleted: name, team }, `deleted  secret ${name}`);
    },
  },
];

const columns = [
  { title: 'NAME', isWhole: true, of: ({ name }: Secret) => name },
  { title: 'SET', isWhole: true, of: ({ updated_at }: Secret) => shortTime(updated_at) },
];
