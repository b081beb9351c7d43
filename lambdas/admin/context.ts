import type { AllowedRanges } from '../../core/address.ts';
import { toCursor } from '../../core/api/fields.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Ability, Caller } from '../../core/key.ts';
import { mayActOn } from '../../core/key.ts';
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
  /** Stores a new value and answers its version. */
  replace: (secretId: string, value: string) => Promise<string>;
  remove: (secretId: string) => Promise<void>;
}

/** Refuses a caller who may not do this to that team. */
export function permit({ caller, ability }: AdminContext, team: string): void {
  if (mayActOn(caller, ability, team)) return;
  const detail = `key ${caller.keyId} (${caller.role}) has no ${ability} on team ${team}`;
  throw new Problem({ code: 'forbidden', detail, hint: 'use a key of that team with a role that has it' });
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

/** Refuses a team that was never made. */
export async function requireTeam({ table }: AdminContext, team: string): Promise<void> {
  if (await readTeam(table, team)) return;
  const hint = 'make it with POST /v1/teams, or check the spelling';
  throw new Problem({ code: 'invalid_input', field: 'team', detail: `there is no team ${team}`, hint });
}
