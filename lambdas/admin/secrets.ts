import type { RouteInput } from '../../core/api/routes.ts';
import { randomId } from '../../core/id.ts';
import { type Integration, secretsOf } from '../../core/integration.ts';
import { SecretName } from '../../core/name.ts';
import { detailsOfZod, Problem } from '../../core/problem.ts';
import { listIntegrations } from '../../store/integrations.ts';
import { forgetLooseValue, noteLooseValue } from '../../store/loose-values.ts';
import {
  listSecrets as readEntries,
  readSecret,
  deleteSecret as removeEntry,
  type SecretEntry,
  saveSecret,
} from '../../store/secrets.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { clearLooseValues } from './clear-loose-values.ts';
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
  await clearLooseValues(team, context);
  const before = await readSecret(context.table, team, name);
  checkMatch(context, before, 'secret');
  const version = (before?.version ?? 0) + 1;
  const value =
    (await replaceValue(before, body.value, context)) ??
    (await createValue({ team, name }, body.value, context));
  const entry = { team, name, ...value, version, updatedAtMs: context.now() };
  const isSaved = await saveSecret(context.table, before, entry, authorOf(context));
  if (value.secretId !== before?.secretId) await settleValue(entry, isSaved, context);
  if (!isSaved) throw stale('secret');
  const users = usersIn(await listIntegrations(context.table, team));
  return { status: before ? 200 : 201, body: toJson(entry, users), headers: { etag: etagOf(entry) } };
}

type Value = Pick<SecretEntry, 'secretId' | 'versionId'>;

/** Under the secret that is there; undefined where there is none, or its value is gone (the table was restored). */
async function replaceValue(
  before: SecretEntry | undefined,
  value: string,
  { vault }: AdminContext,
): Promise<Value | undefined> {
  const versionId = before && (await vault.replace(before.secretId, value));
  return before && versionId !== undefined ? { secretId: before.secretId, versionId } : undefined;
}

/** Under a new secret, which is in doubt until its entry is saved. */
async function createValue(
  of: { team: string; name: string },
  value: string,
  { table, vault, now, secretNamePrefix }: AdminContext,
): Promise<Value> {
  const secretId = `${secretNamePrefix}${randomId('sec')}`;
  await noteLooseValue(table, { ...of, secretId, sinceMs: now() });
  return { secretId, versionId: await vault.create(secretId, value) };
}

/** A new value is in doubt no more: its entry was saved, or it goes. */
async function settleValue(
  { team, secretId }: SecretEntry,
  isSaved: boolean,
  { table, vault }: AdminContext,
): Promise<void> {
  if (!isSaved) await vault.remove(secretId);
  await forgetLooseValue(table, { team, secretId });
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
  await clearLooseValues(team, context);
  const entry = await readSecret(context.table, team, name);
  if (!entry) throw new Problem({ code: 'not_found', detail: `team ${team} has no secret ${name}` });
  checkMatch(context, entry, 'secret');
  const users = usersIn(await listIntegrations(context.table, team))(name);
  if (users.length > 0 && query.force !== 'true') {
    const detail = `secret ${name} is used by ${users.join(', ')}`;
    const hint = 'take it out of these integrations first; with ?force=true their deliveries fail';
    throw new Problem({ code: 'conflict', detail, hint });
  }
  await takeAway(entry, context);
  return { status: 204 };
}

/** Noted first: whoever dies in between leaves a value that nothing names, and that is to be gone. */
async function takeAway(entry: SecretEntry, context: AdminContext): Promise<void> {
  const { table, vault, now } = context;
  const { team, name, secretId } = entry;
  await noteLooseValue(table, { team, name, secretId, sinceMs: now() });
  // The note stays: perhaps it is of another deletion that did remove the entry, and died.
  if (!(await removeEntry(table, entry, authorOf(context)))) throw stale('secret');
  await vault.remove(secretId);
  await forgetLooseValue(table, { team, secretId });
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
