import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandSpec, option } from '../command.ts';
import { readTeam } from '../configuration/deployed.ts';
import type { Wanted } from '../configuration/document.ts';
import { exportedDocuments, yamlOf } from '../configuration/exported.ts';
import { everyItem } from '../paging.ts';
import type { Session } from '../session.ts';
import { badUsage } from '../trouble.ts';

export const exportCommand: CommandSpec = {
  usage: 'export',
  summary: 'write what is deployed as documents that "apply" reads',
  details: `Integrations, automations and the names of the secrets that they use; no ids, no times, and
never a value. Fields that have their default are left out. The same deployment always gives
the same text.`,
  options: [
    option('-o, --output <folder>', 'write a file for each team there, instead of to standard output'),
    option('--all-teams', 'all teams of the organization; needs the role org_admin').conflicts('team'),
    option('--json', 'a JSON list instead of YAML documents'),
  ],
  ofTeam: true,
  output: 'none',
  examples: [
    ['one team', 'signalbox export --team vision > vision.yaml'],
    ['everything, to be kept in git', 'export --all-teams --output signalbox/'],
  ],
  run: async (session, { options }) => {
    const exported = await read(session, options['allTeams'] === true);
    const format: Format = options['json'] ? jsonFormat : yamlFormat;
    if (options['output'] !== undefined) writeFiles(options['output'], exported, format, session);
    else session.screen.print(format.textOf(exported.flatMap(({ documents }) => documents)));
  },
};

interface Exported {
  team: string;
  documents: Wanted[];
}

interface Format {
  extension: string;
  textOf: (documents: Wanted[]) => string;
}

const jsonFormat: Format = { extension: 'json', textOf: (documents) => JSON.stringify(documents, null, 2) };

/** Of the line ends at the end, all but one may be part of a text. */
const yamlFormat: Format = {
  extension: 'yaml',
  textOf: (documents) => yamlOf(documents).replace(/\n$/, ''),
};

async function read(session: Session, isAll: boolean): Promise<Exported[]> {
  const { connection } = session;
  const listed = isAll ? await everyItem(connection, 'listTeams', 'teams') : undefined;
  const names = listed?.map(({ name }) => name) ?? [session.team];
  const exported: Exported[] = [];
  for (const team of names)
    exported.push({ team, documents: exportedDocuments(await readTeam(connection, team)) });
  return exported;
}

function writeFiles(folder: string, exported: Exported[], format: Format, { screen }: Session): void {
  for (const { team, documents } of exported) {
    const path = join(folder, `${team}.${format.extension}`);
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, `${format.textOf(documents)}\n`);
    } catch (error) {
      throw badUsage(`can not write ${path}: ${(error as { code?: string }).code}`);
    }
    screen.note(`wrote ${path} (${documents.length} documents)`);
  }
}
