import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toAuthorizerEvent } from './http-event.ts';
import type { authorizer } from './topology.ts';

export type Verdict =
  | { allowed: true; context: Record<string, unknown> }
  | { allowed: false; status: 401 | 403 };

const REMEMBERED_VERDICTS = 1_000;

/** Makes the gateway's question before each route, with its memory for equal identities. */
export function makeAuthorize(
  { identitySources, ttlSeconds }: Pick<typeof authorizer, 'identitySources' | 'ttlSeconds'>,
  invoke: (event: object) => Promise<unknown>,
  now: () => number = Date.now,
): (event: APIGatewayProxyEventV2) => Promise<Verdict> {
  const remembered = new Map<string, { verdict: Verdict; untilMs: number }>();
  return async (event) => {
    const identity = identitySources.map((source) => identityOf(event, source));
    if (identity.some((value) => value === '')) return { allowed: false, status: 401 };
    const id = JSON.stringify(identity);
    const known = remembered.get(id);
    if (known && known.untilMs > now()) return known.verdict;
    const verdict = toVerdict(await invoke(toAuthorizerEvent(event, identity)));
    if (remembered.size >= REMEMBERED_VERDICTS) remembered.clear();
    remembered.set(id, { verdict, untilMs: now() + ttlSeconds * 1000 });
    return verdict;
  };
}

function identityOf(event: APIGatewayProxyEventV2, source: string): string {
  const [, header] = /^\$request\.header\.(.+)$/.exec(source) ?? [];
  if (header !== undefined) return event.headers[header.toLowerCase()] ?? '';
  if (source === '$context.routeKey') return event.routeKey;
  throw new Error(`the local gateway knows no identity source ${source}`);
}

function toVerdict(answer: unknown): Verdict {
  const { isAuthorized, context = {} } = (answer ?? {}) as { isAuthorized?: unknown; context?: object };
  if (typeof isAuthorized !== 'boolean') throw new Error('the authorizer did not say isAuthorized');
  return isAuthorized ? { allowed: true, context: { ...context } } : { allowed: false, status: 403 };
}
