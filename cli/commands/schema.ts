import type { CommandSpec } from '../command.ts';
import { configurationSchema } from '../configuration/schema.ts';

export const schemaCommand: CommandSpec = {
  usage: 'schema',
  summary: 'print the JSON Schema of the files that "apply" reads',
  details: `Editors complete and check YAML by it. Begin a file with the line

# yaml-language-server: $schema=signalbox.schema.json`,
  output: 'none',
  examples: [['beside the files', 'signalbox schema > signalbox.schema.json']],
  run: ({ screen }) => screen.print(JSON.stringify(configurationSchema(), null, 2)),
};
