import type { RouteInput } from '../../core/api/routes.ts';
import { randomId } from '../../core/id.ts';
import { type Integration, secretsOf } from '../../core/integration.ts';
import { SecretName } from '../../core/name.ts';
import { detailsOfZod, Problem } from '../../core/problem.ts';
import { listIntegrations } from '../../store/integrations.ts';
import {
  listSecrets as readEntries,
  readSecret,
  deleteSecret as removeEntry,
  type SecretEntry,
  saveSecret,
} from '../../store/secrets.ts';
import type { HttpAnswer } from '../shared/http.ts';
import {
  type AdminContext,
  authorOf,
  checkMatch,
  etagOf,
  listAnswer,
  permit,
  permitTeam,
  stale,
} from './context.ts';

/** Creates or replaces a secret; the new value is in force when this answers. The value is never shown again. */
export async function putSecret(
  { params, body }: RouteInput<'putSecret'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team, name } = namesIn(params);
  await permitTeam(context, team);
  const before = await readSecret(context.table, team, name);
  checkMatch(context, before, 'secret');
  const value = await putValue(before, body.value, context);
  const version = (before?.version ?? 0) + 1;
  const entry = { team, name, ...value, version, updatedAtMs: context.now() };
  if (!(await saveSecret(context.table, before, entry, authorOf(context)))) {
    if (value.secretId !== before?.secretId) await context.vault.remove(value.secretId);
    throw stale('secret');
  }
  const users = usersIn(await listIntegrations(context.table, team));
  return { status: before ? 200 : 201, body: toJson(entry, users), headers: { etag: etagOf(entry) } };
}

/** Under the secret that is there; where there is none, or its value is gone (the table was restored), under a new one. */
async function putValue(
  before: SecretEntry | undefined,
  value: string,
  { vault, secretNamePrefix }: AdminContext,
): Promise<Pick<SecretEntry, 'secretId' | 'versionId'>> {
  const replaced = before && (await vault.replace(before.secretId, value));
  if (replaced !== undefined) return { secretId: before?.secretId ?? '', versionId: replaced };
  const secretId = `${secretNamePrefix}${randomId('sec')}`;
  return { secretId, versionId: await vault.create(secretId, value) };
}

export async function listSecrets(
  { params, query }: RouteInput<'listSecrets'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const team = params['team'] ?? '';
  await permitTeam(context, team);
  const [page, integrations] = await Promise.all([
    readEntries(context.table, team, query),
    listIntegrations(context.table, team),
  ]);
  const users = usersIn(integrations);
  return listAnswer('secrets', page, (entry) => toJson(entry, users));
}

/** Deletes a secret that no integration uses; with one that does, it says which, unless it is forced. */
export async function deleteSecret(
  { params, query }: RouteInput<'deleteSecret'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const { team, name } = namesIn(params);
  permit(context, team);
  const entry = await readSecret(context.table, team, name);
  if (!entry) throw new Problem({ code: 'not_found', detail: `team ${team} has no secret ${name}` });
  checkMatch(context, entry, 'secret');
  const users = usersIn(await listIntegrations(context.table, team))(name);
  if (users.length > 0 && query.force !== 'true') {
    const detail = `secret ${name} is used by ${users.join(', ')}`;
    const hint = 'take it out of these integrations first; with ?force=true their deliveries fail';
    throw new Problem({ code: 'conflict', detail, hint });
  }
  if (!(await removeEntry(context.table, entry, authorOf(context)))) throw stale('secret');
  await context.vault.remove(entry.secretId);
  return { status: 204 };
}

function namesIn(params: Record<string, string>): { team: string; name: string } {
  const name = SecretName.safeParse(params['name']);
  if (!name.success) throw new Problem(detailsOfZod(name.error, ['name']));
  return { team: params['team'] ?? '', name: name.data };
}

/** The names of those of these integrations that name a secret. */
function usersIn(integrations: Integration[]): (name: string) => string[] {
  const users = integrations.map((one) => ({ name: one.name, secrets: secretsOf(one) }));
  return (secret) => users.filter(({ secrets }) => secrets.includes(secret)).map(({ name }) => name);
}

function toJson({ team, name, updatedAtMs }: SecretEntry, users: (name: string) => string[]) {
  return { team, name, updated_at: new Date(updatedAtMs).toISOString(), used_by: users(name) };
}
