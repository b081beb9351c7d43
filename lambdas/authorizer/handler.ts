import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { readEnv } from '../shared/env.ts';
import { keyCheck } from '../shared/key-check.ts';
import { errorLine, logStage } from '../shared/log.ts';
import { tableOf } from '../shared/table.ts';
import { AuthorizerEnv } from './env.ts';

const env = readEnv(AuthorizerEnv);
// Four, as the client would make them by itself, may take longer than the function has.
const table = tableOf(env, { maxAttempts: 2 });
const authenticate = keyCheck(table, env.ADMIN_KEY_SECRET_ID);

/**
 * Says who calls. It lets every request through and hands its verdict to the function behind: an HTTP API
 * can refuse only with a bare "Forbidden", and a wrong key deserves a sentence (docs/decisions/0002). Where it cannot
 * tell, it has no verdict, and the function behind judges the key itself.
 */
export async function handler(
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<{ verdict?: string }>> {
  try {
    const verdict = await authenticate(event.headers?.['authorization'] ?? '');
    return { isAuthorized: true, context: { verdict: JSON.stringify(verdict) } };
  } catch (error) {
    logStage(errorLine(error));
    return { isAuthorized: true, context: {} };
  }
}
