import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { readEnv } from '../shared/env.ts';
import { keyCheck } from '../shared/key-check.ts';
import { tableOf } from '../shared/table.ts';
import { AuthorizerEnv } from './env.ts';

const env = readEnv(AuthorizerEnv);
const table = tableOf(env);
const authenticate = keyCheck(table, env.ADMIN_KEY_SECRET_ID, { notesUse: true });

/**
 * Says who calls. It lets every request through and hands its verdict to the function behind: an HTTP API
 * can refuse only with a bare "Forbidden", and a wrong key deserves a sentence (docs/decisions/0002).
 */
export async function handler(
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<{ verdict: string }>> {
  const verdict = await authenticate(event.headers?.['authorization'] ?? '');
  return { isAuthorized: true, context: { verdict: JSON.stringify(verdict) } };
}
