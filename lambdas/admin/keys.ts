import type { RouteInput } from '../../core/api/routes.ts';
import { newKey, type StoredKey } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import {
  readKey,
  listKeys as readKeys,
  revokeKey as removeKey,
  createKey as storeKey,
} from '../../store/api-keys.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, listAnswer, permit, requireTeam, visible } from './context.ts';

/** Makes a key and shows it this once. */
export async function createKey(
  { body }: RouteInput<'createKey'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team, role, name } = body;
  if (role === 'org_admin') requireOrgAdmin(context);
  if (team !== undefined) {
    permit(context, team);
    await requireTeam(context, team);
  }
  const { key, ...made } = newKey();
  const stored = { ...made, role, name, ...(team !== undefined && { team }), createdAtMs: context.now() };
  await storeKey(context.table, stored);
  return { status: 201, body: { ...toJson(stored), key } };
}

/** The keys of a team; without a team, those of org_admins. */
export async function listKeys(
  { query: { team, ...page } }: RouteInput<'listKeys'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  if (team === undefined) requireOrgAdmin(context);
  else {
    permit(context, team);
    await requireTeam(context, team);
  }
  return listAnswer('keys', await readKeys(context.table, team, page), toJson);
}

export async function revokeKey(
  { params }: RouteInput<'revokeKey'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const key = await readKey(context.table, params['id'] ?? '');
  if (key?.role === 'org_admin') requireOrgAdmin(context);
  else visible(context, key && { team: key.team ?? '' }, 'key');
  if (key) await removeKey(context.table, key);
  return { status: 204 };
}

function requireOrgAdmin({ caller }: AdminContext): void {
  if (caller.role === 'org_admin') return;
  const detail = 'only an org_admin handles keys of the role org_admin';
  throw new Problem({ code: 'forbidden', field: 'role', detail, hint: 'choose a role of your team' });
}

function toJson({ keyId, role, team, name, createdAtMs }: StoredKey) {
  return { id: keyId, name, role, team, created_at: new Date(createdAtMs).toISOString() };
}
