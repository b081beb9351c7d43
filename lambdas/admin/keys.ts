import type { RouteInput } from '../../core/api/routes.ts';
import { type KeyInput, mayActOn, mayGrant, newKey, type StoredKey } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import {
  readKey as findKey,
  listKeys as readKeys,
  revokeKey as removeKey,
  updateKey as storeChange,
  createKey as storeKey,
} from '../../store/api-keys.ts';
import type { HttpAnswer } from '../shared/http.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  isSame,
  listAnswer,
  permitTeam,
  stale,
} from './context.ts';

/** Makes a key and shows it this once: a repetition of the request is told so. */
export async function createKey(
  { body }: RouteInput<'createKey'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team, role } = body;
  if (role === 'org_admin') requireOrgAdmin(context);
  if (team !== undefined) {
    await permitTeam(context, team);
  }
  const { key, ...made } = newKey(context.identity.seed.slice(0, 16));
  const stored = { ...made, ...fieldsOf(body), version: 1, createdBy: context.caller.keyId };
  const whole = { ...stored, createdAtMs: context.now() };
  checkExpiry(whole, context);
  const ifRepeated = shownBefore(whole.keyId);
  if (!(await storeKey(context.table, whole, authorOf(context)))) throw new Problem(ifRepeated);
  return { status: 201, body: { ...toJson(whole), key }, headers: { etag: etagOf(whole) }, ifRepeated };
}

function fieldsOf({ team, role, name, owner, expires_at, projects, registries, event_types }: KeyInput) {
  const all = Object.entries({ projects, registries, event_types });
  const narrowing = Object.fromEntries(all.filter(([, list]) => list !== undefined));
  return {
    role,
    name,
    ...(team !== undefined && { team }),
    ...(owner !== undefined && { owner }),
    ...(expires_at !== undefined && { expiresAtMs: Date.parse(expires_at) }),
    ...(Object.keys(narrowing).length > 0 && { narrowing }),
  };
}

/** The secret is not kept, so the answer that showed it can't be given again. */
function shownBefore(keyId: string) {
  const detail = `this request made the key ${keyId}, and its text was shown then`;
  const hint = `if that answer got lost: DELETE /v1/keys/${keyId}, then make another with a new Idempotency-Key`;
  return { code: 'conflict', field: 'idempotency-key', detail, hint } as const;
}

/** The keys of a team; without a team, those of org_admins. */
export async function listKeys(
  { query: { team, ...page } }: RouteInput<'listKeys'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  if (team === undefined) requireOrgAdmin(context);
  else {
    await permitTeam(context, team);
  }
  return listAnswer('keys', await readKeys(context.table, team, page), toJson);
}

export async function readKey({ params }: RouteInput<'readKey'>, context: AdminContext): Promise<HttpAnswer> {
  return answer(await find(params, context));
}

/** Changes a key's name, owner or expiry: its rights stay what they were when it was handed out. */
export async function updateKey(
  { params, body }: RouteInput<'updateKey'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const before = await find(params, context);
  checkMatch(context, before, 'key');
  const after = changed(before, body);
  if (body.expires_at !== undefined) checkExpiry(after, context);
  if (isSame(before, after)) return answer(before);
  if (await storeChange(context.table, before, after, authorOf(context))) return answer(after);
  throw stale('key');
}

function changed(before: StoredKey, { name, owner, expires_at }: RouteInput<'updateKey'>['body']): StoredKey {
  const { owner: _owner, expiresAtMs: _at, ...rest } = before;
  const newOwner = owner === undefined ? before.owner : owner;
  const expiry = typeof expires_at === 'string' ? Date.parse(expires_at) : undefined;
  const expiresAtMs = expires_at === undefined ? before.expiresAtMs : expiry;
  return {
    ...rest,
    version: before.version + 1,
    ...(name !== undefined && { name }),
    ...(newOwner != null && { owner: newOwner }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

export async function revokeKey(
  { params }: RouteInput<'revokeKey'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const key = await find(params, context);
  checkMatch(context, key, 'key');
  if (await removeKey(context.table, key, authorOf(context))) return { status: 204 };
  throw stale('key');
}

async function find(params: Record<string, string>, context: AdminContext): Promise<StoredKey> {
  const key = await findKey(context.table, params['id'] ?? '');
  const { caller, ability } = context;
  const isVisible =
    key?.team === undefined ? caller.role === 'org_admin' : mayActOn(caller, ability, key.team);
  if (key && isVisible) return key;
  const hint = 'GET /v1/keys lists what there is';
  throw new Problem({ code: 'not_found', detail: 'there is no such key', hint });
}

function checkExpiry(key: StoredKey, { caller, now }: AdminContext): void {
  const field = 'expires_at';
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= now()) {
    throw new Problem({ code: 'invalid_input', field, detail: 'is in the past', hint: 'give a later time' });
  }
  if (mayGrant(caller, key)) return;
  const until = new Date(caller.expiresAtMs ?? 0).toISOString();
  const detail = 'a key can make none that outlives itself';
  throw new Problem({ code: 'forbidden', field, detail, hint: `give a time until ${until}` });
}

function requireOrgAdmin({ caller }: AdminContext): void {
  if (caller.role === 'org_admin') return;
  const detail = 'only an org_admin handles keys of the role org_admin';
  throw new Problem({ code: 'forbidden', field: 'role', detail, hint: 'choose a role of your team' });
}

function answer(key: StoredKey): HttpAnswer {
  return { status: 200, body: toJson(key), headers: { etag: etagOf(key) } };
}

function toJson({ keyId, name, owner, role, team, narrowing, ...key }: StoredKey) {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    id: keyId,
    name,
    owner,
    role,
    team,
    ...narrowing,
    created_at: time(key.createdAtMs),
    created_by: key.createdBy,
    expires_at: time(key.expiresAtMs),
    last_used_at: time(key.lastUsedAtMs),
  };
}
