import { digest } from '../../core/id.ts';
import { type Caller, parseKey, type StoredKey, sameText } from '../../core/key.ts';
import { Problem, type ProblemDetails } from '../../core/problem.ts';
import type { HttpRequest } from './http.ts';
import { errorLine, logStage } from './log.ts';

/** Who calls, or why the key does not count. The authorizer hands it to the handlers, who say it to the caller. */
export type Verdict = { caller: Caller } | { problem: ProblemDetails };

export interface AuthenticateDeps {
  readKey: (keyId: string) => Promise<StoredKey | undefined>;
  /** The admin key that CloudFormation generated. */
  readAdminKey: () => Promise<string>;
  /** Notes that a key was used; where it is missing, nobody does. */
  noteUse?: (keyId: string, when: { nowMs: number; unlessSinceMs: number }) => Promise<void>;
  now: () => number;
}

const hint = 'send a key of this deployment as `Authorization: Bearer <key>`';
const refuse = (detail: string): Verdict => ({ problem: { code: 'unauthorized', detail, hint } });

/** How long a verdict is remembered: a revoked key works that long at most. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_KEYS = 1000;

/** Makes the check of an Authorization header, with a short memory of the keys it saw. */
export function makeAuthenticate(deps: AuthenticateDeps): (authorization: string) => Promise<Verdict> {
  const remembered = new Map<string, { verdict: Verdict; untilMs: number }>();
  return async (authorization) => {
    const id = digest(authorization);
    const known = remembered.get(id);
    if (known && known.untilMs > deps.now()) return known.verdict;
    const verdict = await judge(authorization, deps);
    if (remembered.size >= REMEMBERED_KEYS) remembered.clear();
    remembered.set(id, { verdict, untilMs: deps.now() + REMEMBERED_MS });
    return verdict;
  };
}

async function judge(authorization: string, deps: AuthenticateDeps): Promise<Verdict> {
  const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (key === undefined) return refuse('the Authorization header is missing or is not `Bearer <key>`');
  if (!key.startsWith('sbx_')) return judgeAdminKey(key, deps);
  const parsed = parseKey(key);
  if (!parsed) return refuse('this is not a whole key: a part is missing or mistyped');
  const stored = await deps.readKey(parsed.keyId);
  if (!stored || !sameText(stored.secretHash, digest(parsed.secret))) {
    return refuse('this key is not known here: it was revoked, or belongs to another deployment');
  }
  if (hasExpired(stored, deps.now())) return expired(stored);
  await noteUse(stored, deps);
  return { caller: callerBehind(stored) };
}

const hasExpired = ({ expiresAtMs = Number.POSITIVE_INFINITY }: Pick<Caller, 'expiresAtMs'>, nowMs: number) =>
  expiresAtMs <= nowMs;

const expired = ({ expiresAtMs = 0 }: Pick<Caller, 'expiresAtMs'>) =>
  refuse(`this key expired at ${new Date(expiresAtMs).toISOString()}`);

function callerBehind({ keyId, role, team, expiresAtMs, narrowing }: StoredKey): Caller {
  return {
    keyId,
    role,
    ...(team !== undefined && { team }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(narrowing !== undefined && { narrowing }),
  };
}

/** How exact the time of a key's last use is: a write each few minutes, not each request. */
const USE_NOTED_EVERY_MS = 5 * 60_000;

async function noteUse({ keyId, lastUsedAtMs = 0 }: StoredKey, deps: AuthenticateDeps): Promise<void> {
  const nowMs = deps.now();
  if (!deps.noteUse || nowMs - lastUsedAtMs < USE_NOTED_EVERY_MS) return;
  try {
    await deps.noteUse(keyId, { nowMs, unlessSinceMs: nowMs - USE_NOTED_EVERY_MS });
  } catch (error) {
    // A request is not refused because its trace could not be left.
    logStage(errorLine(error, { keyId }));
  }
}

async function judgeAdminKey(key: string, deps: AuthenticateDeps): Promise<Verdict> {
  if (sameText(key, await deps.readAdminKey())) return { caller: { keyId: 'key_admin', role: 'org_admin' } };
  return refuse('this is neither a Signalbox key (they begin with sbx_) nor the admin key');
}

/**
 * The caller of a request, or a Problem. The gateway's authorizer has judged the key already and hands its
 * verdict over; where there is no authorizer in front, the key is judged here.
 */
export async function callerOf(
  request: HttpRequest,
  authenticate: (authorization: string) => Promise<Verdict>,
  now: () => number = Date.now,
): Promise<Caller> {
  const judged: Verdict =
    request.verdict === undefined
      ? await authenticate(request.headers['authorization'] ?? '')
      : JSON.parse(request.verdict);
  // A verdict is remembered, here and by the gateway, and a key may end meanwhile.
  const verdict = 'caller' in judged && hasExpired(judged.caller, now()) ? expired(judged.caller) : judged;
  if ('caller' in verdict) return verdict.caller;
  throw new Problem(verdict.problem);
}
