import { automationsOf, integrationsOf } from '../lookup.ts';
import { everyItem } from '../paging.ts';
import { openSession, type Session } from '../session.ts';
import type { NamesOf } from './candidates.ts';

/** Looks names up by what an argument is called; nothing where the deployment can't be asked: a shell waits for it. */
export const deployedNames: NamesOf = async (argument, words) => {
  const list = lists[argument === 'name' ? `${words[0]} ${words[1]}` : argument];
  if (!list) return [];
  try {
    return (await list(openSession(optionsIn(words)))).map(({ name }) => name);
  } catch {
    return [];
  }
};

const secretsOf = ({ connection, team }: Session) =>
  everyItem(connection, 'listSecrets', 'secrets', { params: { team } });

const lists: Record<string, (session: Session) => Promise<{ name: string }[]>> = {
  automation: automationsOf,
  integration: integrationsOf,
  secret: secretsOf,
  'secrets set': secretsOf,
  'secrets delete': secretsOf,
  registry: ({ connection }) => everyItem(connection, 'listRegistries', 'registries'),
  team: ({ connection }) => everyItem(connection, 'listTeams', 'teams'),
};

/** The team of a line that is not finished. */
function optionsIn(words: string[]): { team?: string } {
  const at = words.findIndex((word) => word === '--team' || word === '-t');
  const team = at < 0 || at >= words.length - 1 ? undefined : words[at + 1];
  return team ? { team } : {};
}
