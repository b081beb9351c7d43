import { isDeepStrictEqual } from 'node:util';
import type { AllowedRanges } from '../../core/address.ts';
import { toCursor } from '../../core/api/fields.ts';
import type { Author } from '../../core/audit.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Identity } from '../../core/id.ts';
import type { Ability, Caller } from '../../core/key.ts';
import { mayActOn, rolesWith } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import type { Table } from '../../store/client.ts';
import type { Page } from '../../store/items.ts';
import { readTeam } from '../../store/teams.ts';
import type { HttpAnswer } from '../shared/http.ts';
import type { WatchCache } from '../shared/watch-cache.ts';

/** What a route's handler works with. */
export interface AdminContext {
  caller: Caller;
  ability: Ability;
  table: Table;
  now: () => number;
  /** Where the ids of what this request makes come from. */
  identity: Identity;
  /** Names in lower case. */
  headers: Record<string, string>;
  allowedAddresses: AllowedRanges;
  /** What the names of team secrets in Secrets Manager begin with. */
  secretNamePrefix: string;
  /** The values of team secrets: written here, never read. */
  vault: Vault;
  /** The automations of each scope, kept in memory and at most a few seconds old. */
  watches: Pick<WatchCache, 'all'>;
  /** Has the dispatcher attempt a delivery. */
  sendDelivery: (delivery: Delivery) => Promise<void>;
}

export interface Vault {
  /** Stores the first value of a secret and answers its version. */
  create: (secretId: string, value: string) => Promise<string>;
  /** Stores a new value and answers its version; undefined when there is no such secret any more. */
  replace: (secretId: string, value: string) => Promise<string | undefined>;
  remove: (secretId: string) => Promise<void>;
}

/** Refuses a caller who may not do this to that team. */
export function permit({ caller, ability }: AdminContext, team: string): void {
  if (mayActOn(caller, ability, team)) return;
  const detail = `key ${caller.keyId} (${caller.role}) has no ${ability} on team ${team}`;
  const ofTeam = rolesWith(ability).filter((role) => role !== 'org_admin');
  const own = ofTeam.length > 0 ? `of ${team} with the role ${ofTeam.join(' or ')}, or one ` : '';
  throw new Problem({ code: 'forbidden', detail, hint: `use a key ${own}of an org_admin` });
}

/** The thing asked for, if it exists and the caller may act on its team: another team's looks like none. */
export function visible<Thing extends { team: string }>(
  context: AdminContext,
  thing: Thing | undefined,
  what: string,
): Thing {
  if (thing && mayActOn(context.caller, context.ability, thing.team)) return thing;
  throw new Problem({
    code: 'not_found',
    detail: `there is no such ${what}`,
    hint: 'list them to see what is there',
  });
}

/** Who is behind the changes of this request. */
export function authorOf({ caller, now }: AdminContext): Author {
  return { by: caller.keyId, atMs: now() };
}

interface Versioned {
  version: number;
}

export const etagOf = ({ version }: Versioned) => `"${version}"`;

const ETAGS = /^(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*$/;

/** Refuses a change of something that is no longer what the caller read, where the caller says what that was. */
export function checkMatch({ headers }: AdminContext, thing: Versioned | undefined, what: string): void {
  const wanted = headers['if-match']?.trim();
  if (wanted === undefined) return;
  if (wanted !== '*' && !ETAGS.test(wanted)) throw noEtag();
  if (!thing) throw stale(what);
  if (wanted === '*') return;
  const known = wanted.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (!known.includes(etagOf(thing))) throw stale(what);
}

/** Otherwise a forgotten quote would look like a change of somebody else. */
function noEtag(): Problem {
  const detail = 'must be an ETag in its quotes, such as "1", or *';
  const hint = 'send the ETag as GET answered it';
  return new Problem({ code: 'invalid_input', field: 'if-match', detail, hint });
}

/** Whether a change leaves a thing as it was: then nothing is written, and the audit list hears of nothing. */
export function isSame<Thing extends Versioned>(before: Thing, after: Thing): boolean {
  return isDeepStrictEqual({ ...after, ...countersOf(before) }, before);
}

const countersOf = ({ version, updatedAtMs }: Versioned & { updatedAtMs?: number }) => ({
  version,
  ...(updatedAtMs !== undefined && { updatedAtMs }),
});

/** What somebody else changed meanwhile. */
export function stale(what: string): Problem {
  const detail = `the ${what} was changed by somebody else meanwhile`;
  return new Problem({ code: 'stale_version', detail, hint: 'read it again and repeat your change' });
}

/** A name that another one of its kind has. */
export function taken(what: string, name: string, where = ''): Problem {
  const detail = `there is ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what} ${name}${where} already`;
  return new Problem({ code: 'conflict', field: 'name', detail, hint: 'choose another name' });
}

/** The answer of a list: a page of it as JSON, and where the next one begins. */
export function listAnswer<Thing>(
  name: string,
  { things, next }: Page<Thing>,
  toJson: (thing: Thing) => unknown,
): HttpAnswer {
  return {
    status: 200,
    body: { [name]: things.map(toJson), next: next === undefined ? null : toCursor(next) },
  };
}

/** Refuses a caller who may not do this to that team, and a team that was never made. */
export async function permitTeam(context: AdminContext, team: string): Promise<void> {
  permit(context, team);
  await requireTeam(context, team);
}

/** Refuses a team that was never made. */
export async function requireTeam({ table }: AdminContext, team: string): Promise<void> {
  if (await readTeam(table, team)) return;
  const hint = 'make it with POST /v1/teams, or check the spelling';
  throw new Problem({ code: 'invalid_input', field: 'team', detail: `there is no team ${team}`, hint });
}
