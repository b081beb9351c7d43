import { setTimeout as wait } from 'node:timers/promises';
import { readEnv } from '../shared/env.ts';
import { logStage } from '../shared/log.ts';
import { makeCachedSecret } from '../shared/secrets.ts';
import { type CanaryDeps, canary } from './canary.ts';
import { CanaryEnv } from './env.ts';

const env = readEnv(CanaryEnv);
/** A key that was replaced is used no longer than to the next visit. */
const readKey = makeCachedSecret(env.ADMIN_KEY_SECRET_ID, 60_000, Date.now);

export async function handler(): Promise<void> {
  const key = await readKey();
  const call: CanaryDeps['call'] = async (method, path, body) => {
    const answer = await fetch(`${env.API_URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: answer.status, body: await answer.json() };
  };
  await canary({ call, wait, now: Date.now, log: logStage });
}
