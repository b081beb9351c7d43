import { type CommandSpec, option } from '../command.ts';
import { fieldLines } from '../terminal/fields.ts';
import { printOne } from '../terminal/screen.ts';

export const watchedCommand: CommandSpec = {
  usage: 'watched',
  summary: "print what a place's automations look at; a client may leave the rest at home",
  options: [
    option('--project <project>', 'the project in which events happen'),
    option('--registry <registry>', 'or the registry').conflicts('project'),
  ],
  ofTeam: true,
  examples: [['which metrics are of interest', 'automations watched --project mnist']],
  run: async ({ screen, connection, team }, { options: { project, registry } }) => {
    const query = {
      team,
      ...(project !== undefined && { project }),
      ...(registry !== undefined && { registry }),
    };
    const { body } = await connection.call('readWatched', { query });
    printOne(screen, body, ({ everything, event_types, metrics, collections }) =>
      everything
        ? ['everything']
        : fieldLines(
            [
              ['events', namesText(event_types)],
              ['metrics', namesText(metrics)],
              ['collections', namesText(collections)],
            ],
            screen,
          ),
    );
  },
};

const namesText = (names: string[] | null) => (names === null ? 'all' : names.join(', ') || 'none');
