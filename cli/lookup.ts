import { describeScope } from '../core/scope-text.ts';
import type { Listed } from './connection.ts';
import { everyItem } from './paging.ts';
import type { Session } from './session.ts';
import { Trouble } from './trouble.ts';

export type Automation = Listed<'listAutomations', 'automations'>;
export type Integration = Listed<'listIntegrations', 'integrations'>;

const SUGGESTED = 12;

/** The automation of this id, or the team's only one of this name. */
export async function findAutomation(session: Session, wanted: string): Promise<Automation> {
  if (/^aut_\w+$/.test(wanted)) {
    return (await session.connection.call('readAutomation', { params: { id: wanted } })).body;
  }
  const all = await automationsOf(session);
  const found = all.filter(({ name }) => name === wanted);
  if (found.length < 2) return found[0] ?? missing('automation', wanted, session.team, all);
  const hint = `use an id: ${found.map(({ id, scope }) => `${id} (${describeScope(scope)})`).join(', ')}`;
  throw new Trouble(`there are ${found.length} automations named ${wanted} in team ${session.team}`, {
    hint,
  });
}

/** The integration of this id, or the team's one of this name. */
export async function findIntegration(session: Session, wanted: string): Promise<Integration> {
  if (/^int_\w+$/.test(wanted)) {
    return (await session.connection.call('readIntegration', { params: { id: wanted } })).body;
  }
  const all = await integrationsOf(session);
  return all.find(({ name }) => name === wanted) ?? missing('integration', wanted, session.team, all);
}

type OfTeam = Pick<Session, 'connection' | 'team'>;

export function automationsOf({ connection, team }: OfTeam): Promise<Automation[]> {
  return everyItem(connection, 'listAutomations', 'automations', { query: { team } });
}

export function integrationsOf({ connection, team }: OfTeam): Promise<Integration[]> {
  return everyItem(connection, 'listIntegrations', 'integrations', { query: { team } });
}

function missing(noun: string, wanted: string, team: string, all: { name: string }[]): never {
  const names = all.map(({ name }) => name);
  const near = names.filter(
    (name) =>
      name.toLowerCase().includes(wanted.toLowerCase()) || wanted.toLowerCase().includes(name.toLowerCase()),
  );
  const shown = (near.length > 0 ? near : names).slice(0, SUGGESTED);
  const hint =
    shown.length > 0
      ? `there is ${shown.join(', ')}${shown.length < names.length ? ' …' : ''}`
      : `signalbox ${noun}s list shows what there is`;
  throw new Trouble(`there is no ${noun} ${wanted} in team ${team}`, { hint });
}
