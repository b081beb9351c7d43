import { judgeUrl } from '../../core/address.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import { randomId } from '../../core/id.ts';
import { type Integration, type IntegrationInput, secretsOf } from '../../core/integration.ts';
import { Problem } from '../../core/problem.ts';
import {
  readIntegration as findIntegration,
  listIntegrations as readIntegrations,
  createIntegration as storeIntegration,
} from '../../store/integrations.ts';
import { readSecret } from '../../store/secrets.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { type AdminContext, permit, requireTeam, visible } from './context.ts';

export async function createIntegration(
  { body }: RouteInput<'createIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  permit(context, body.team);
  await requireTeam(context, body.team);
  checkUrl(body.url, context);
  await checkSecrets(body, context);
  const integration = { ...body, id: randomId('int'), createdAtMs: context.now() };
  if (await storeIntegration(context.table, integration)) return { status: 201, body: toJson(integration) };
  const detail = `team ${body.team} has an integration ${body.name} already`;
  throw new Problem({ code: 'conflict', field: 'name', detail, hint: 'choose another name' });
}

export async function listIntegrations(
  { query }: RouteInput<'listIntegrations'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  permit(context, query.team);
  await requireTeam(context, query.team);
  const integrations = (await readIntegrations(context.table, query.team)).map(toJson);
  return { status: 200, body: { integrations } };
}

export async function readIntegration(
  { params }: RouteInput<'readIntegration'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const integration = visible(
    context,
    await findIntegration(context.table, params['id'] ?? ''),
    'integration',
  );
  return { status: 200, body: toJson(integration) };
}

function checkUrl(url: string, { allowedAddresses }: AdminContext): void {
  const judged = judgeUrl(url, allowedAddresses);
  if (!('problem' in judged)) return;
  const hint = 'webhooks go to public addresses by https; others only where the deployment allows them';
  throw new Problem({ code: 'invalid_input', field: 'url', detail: judged.problem, hint });
}

async function checkSecrets(input: IntegrationInput, { table }: AdminContext): Promise<void> {
  for (const name of secretsOf(input)) {
    if (await readSecret(table, input.team, name)) continue;
    const detail = `team ${input.team} has no secret ${name}`;
    const hint = `set it first: PUT /v1/teams/${input.team}/secrets/${name}`;
    throw new Problem({ code: 'invalid_input', field: fieldOf(input, name), detail, hint });
  }
}

function fieldOf(input: IntegrationInput, name: string): string {
  if (input.access_token_secret === name) return 'access_token_secret';
  return input.signing_secret === name ? 'signing_secret' : 'secrets';
}

function toJson({ createdAtMs, ...integration }: Integration) {
  return { ...integration, created_at: new Date(createdAtMs).toISOString() };
}
