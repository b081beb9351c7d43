import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { digest } from './id.ts';
import { Label, Moment, TeamName } from './name.ts';
import { isTooLong, type Narrowing, narrowingFields } from './narrowing.ts';

/** What a caller may do. A route names one of these; a role has a set of them. */
export type Ability =
  | 'events:post'
  | 'watched:read'
  | 'team:read'
  | 'automations:write'
  | 'integrations:write'
  | 'secrets:write'
  | 'keys:write'
  | 'audit:read'
  | 'organization:write';

/** The roles of contract and W&B: an org_admin acts on every team, the others on the key's own. */
export const Role = z.enum(['org_admin', 'admin', 'member', 'viewer', 'sender']);
export type Role = z.infer<typeof Role>;

const sender: Ability[] = ['events:post', 'watched:read'];
const member: Ability[] = [...sender, 'team:read', 'automations:write'];
const admin: Ability[] = [...member, 'integrations:write', 'secrets:write', 'keys:write', 'audit:read'];

const abilities: Record<Role, readonly Ability[]> = {
  sender,
  viewer: ['team:read', 'watched:read'],
  member,
  admin,
  org_admin: [...admin, 'organization:write'],
};

/** Who is calling: a key, by its public id. */
export interface Caller {
  keyId: string;
  role: Role;
  /** Absent for an org_admin. */
  team?: string;
  /** From then on the key does not count. */
  expiresAtMs?: number;
  /** What a sender's key is narrowed to. */
  narrowing?: Narrowing;
}

/** Whether a role has an ability at all. */
export function roleMay(role: Role, ability: Ability): boolean {
  return abilities[role].includes(ability);
}

/** The roles that have an ability, the one that may most first. */
export function rolesWith(ability: Ability): Role[] {
  return Role.options.filter((role) => roleMay(role, ability));
}

/** Whether the caller may do this to that team. */
export function mayActOn(caller: Caller, ability: Ability, team: string): boolean {
  return roleMay(caller.role, ability) && (caller.role === 'org_admin' || caller.team === team);
}

/** What a caller sends to have a key made. */
export const KeyInput = z
  .strictObject({
    team: TeamName.optional(),
    role: Role,
    /** What it is for. */
    name: Label,
    /** Whose it is, for people to read. */
    owner: Label.optional(),
    expires_at: Moment.optional(),
    ...narrowingFields,
  })
  .refine((key) => key.role === 'org_admin' || key.team !== undefined, {
    path: ['team'],
    error: 'is missing: every role but org_admin belongs to a team',
  })
  .refine((key) => key.role !== 'org_admin' || key.team === undefined, {
    path: ['team'],
    error: 'must be left out: an org_admin belongs to no team',
  })
  .superRefine(checkNarrowing);
export type KeyInput = z.infer<typeof KeyInput>;

/** What may be changed of a key. */
export const KeyChange = z
  .strictObject({ name: Label, owner: Label.nullable(), expires_at: Moment.nullable() })
  .partial();
export type KeyChange = z.infer<typeof KeyChange>;

function checkNarrowing(
  { role, projects, registries, event_types }: KeyInput,
  context: z.RefinementCtx,
): void {
  const given = Object.entries({ projects, registries, event_types }).filter(
    ([, value]) => value !== undefined,
  );
  const refuse = (message: string) =>
    context.addIssue({ code: 'custom', path: [given[0]?.[0] ?? ''], message });
  if (given.length > 0 && role !== 'sender') refuse('only keys of the role sender can be narrowed');
  if (isTooLong(Object.fromEntries(given))) refuse('and what else it is narrowed to take more than 4 KB');
}

/** Whether the caller may make or change a key so that it has this role and expiry: nobody gives more than they have. */
export function mayGrant(caller: Caller, key: Pick<Caller, 'role' | 'team' | 'expiresAtMs'>): boolean {
  const { expiresAtMs = Number.POSITIVE_INFINITY } = caller;
  if ((key.expiresAtMs ?? Number.POSITIVE_INFINITY) > expiresAtMs) return false;
  if (key.role === 'org_admin') return caller.role === 'org_admin';
  return mayActOn(caller, 'keys:write', key.team ?? '');
}

/** A key as stored: its secret only as a hash, which is enough for 190 random bits. */
export interface StoredKey extends Caller {
  name: string;
  owner?: string;
  secretHash: string;
  /** Changed by compare-and-set. */
  version: number;
  createdAtMs: number;
  /** The key that made it. */
  createdBy: string;
  /** Noted every few minutes. */
  lastUsedAtMs?: number;
}

const KEY = /^sbx_([0-9a-f]{16})_([0-9A-Za-z]{32})([0-9a-f]{6})$/;

/**
 * A new key, of this public id where one is given (16 hex digits), shown once: `sbx_` + public id + secret + six characters that tell a typing error from a wrong key
 * without asking anybody.
 */
export function newKey(id = randomBytes(8).toString('hex')): {
  keyId: string;
  key: string;
  secretHash: string;
} {
  const secret = randomText(32);
  const unchecked = `sbx_${id}_${secret}`;
  return { keyId: `key_${id}`, key: unchecked + digest(unchecked).slice(0, 6), secretHash: digest(secret) };
}

/** Takes a key apart; undefined when it is none, or is mistyped. */
export function parseKey(key: string): { keyId: string; secret: string } | undefined {
  const [, id, secret, checksum] = KEY.exec(key) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return digest(`sbx_${id}_${secret}`).startsWith(checksum ?? ' ')
    ? { keyId: `key_${id}`, secret }
    : undefined;
}

/** Compares two texts in a time that tells nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b)));
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function randomText(length: number): string {
  let text = '';
  // Bytes above the last whole multiple of 62 are thrown away: a plain remainder would favour some letters.
  while (text.length < length) {
    for (const byte of randomBytes(length))
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
  }
  return text;
}
