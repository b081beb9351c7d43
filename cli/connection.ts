import { apiClient, type CallInput, type CallResult, reasonOf } from '../core/api/client.ts';
import type { ProblemBody } from '../core/api/fields.ts';
import type { RouteName } from '../core/api/routes.ts';
import { badUsage, Trouble } from './trouble.ts';

type Good<Name extends RouteName> = Extract<CallResult<Name>, { ok: true }>;

/** A good answer of a route; its body is not looked at where there is none. */
export type Answer<Name extends RouteName> = Good<Name> & { body: NonNullable<Good<Name>['body']> };

/** An item of a list that a route answers. */
export type Listed<Name extends RouteName, Field extends string> =
  Answer<Name>['body'] extends Record<Field, (infer Item)[]> ? Item : never;

/** A deployment, as the holder of a key sees it. */
export interface Connection {
  url: string;
  /** Calls a route; throws a Refusal, or a Trouble where there is no answer. */
  call: <Name extends RouteName>(name: Name, input: CallInput<Name>) => Promise<Answer<Name>>;
  /** Posts a body as it is, once. Throws as `call` does. */
  post: (path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => Promise<unknown>;
}

/** An answer outside 2xx. */
export class Refusal extends Error {
  override name = 'Refusal' as const;
  readonly status: number;
  readonly problem: Problem;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: Problem, retryAfter?: string | null) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : undefined;
  }
}

type Problem = Pick<ProblemBody, 'code' | 'detail'> & Partial<ProblemBody>;

/** No answer came. */
export class Unreachable extends Trouble {}

const TIMEOUT_MS = 30_000;
const LOCAL_URL = 'http://127.0.0.1:8377';

/** The deployment that SIGNALBOX_URL and SIGNALBOX_API_KEY name; without a URL, the one of `npm start`. */
export function connect(environment: NodeJS.ProcessEnv): Connection {
  const url = baseUrl(environment['SIGNALBOX_URL'] || LOCAL_URL);
  const key = keyIn(environment);
  // A redirect would be given the key.
  const fetchThere: typeof fetch = (target, init) => fetch(target, { ...init, redirect: 'error' });
  const client = apiClient({ url, key, fetch: fetchThere, timeoutMs: TIMEOUT_MS });
  return {
    url,
    call: async (name, input) => goodAnswer(await client(name, input), url),
    post: async (path, body, headers) => {
      const init = { method: 'POST', body, headers: { authorization: `Bearer ${key}`, ...headers } };
      try {
        const response = await fetchThere(url + path, {
          ...init,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        return postAnswer(response, await response.text(), url);
      } catch (error) {
        throw error instanceof Refusal || error instanceof Trouble ? error : unreachable(url, error);
      }
    },
  };
}

/** Every path of the API has it already. */
function withoutVersion(url: string): string {
  if (!url.endsWith('/v1')) return url;
  throw badUsage('SIGNALBOX_URL ends with /v1: leave that out', `set it to ${url.slice(0, -'/v1'.length)}`);
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return withoutVersion(text.replace(/\/+$/, ''));
  throw badUsage(
    `SIGNALBOX_URL is not an http or https address: ${text}`,
    'set it as in https://signalbox.example.com',
  );
}

function keyIn(environment: NodeJS.ProcessEnv): string {
  const key = environment['SIGNALBOX_API_KEY']?.trim();
  const hint = 'set it to a key of your deployment; "npm start" prints one';
  if (!key) throw badUsage('SIGNALBOX_API_KEY is not set', hint);
  // An error about a header that can not be would quote it.
  if (!/^[\x21-\x7e]+$/.test(key)) throw badUsage('SIGNALBOX_API_KEY holds characters that no key has', hint);
  return key;
}

function goodAnswer<Name extends RouteName>(result: CallResult<Name>, url: string): Answer<Name> {
  if (result.ok) {
    // A page of somebody else's, answered with 200.
    if (result.body === undefined && result.status !== 204) throw notSignalbox(url, result.status);
    return result as Answer<Name>;
  }
  const { status, problem } = result;
  if (problem.code === 'unreachable') throw new Unreachable(problem.detail, { hint: hintFor(url) });
  if (problem.code === 'refused' && status === 404) throw notSignalbox(url, status);
  throw new Refusal(status, problem);
}

function postAnswer({ ok, status, headers }: Response, text: string, url: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw notSignalbox(url, status, error);
  }
  if (ok) return body;
  const { message } = body as { message?: string };
  const problem = { code: 'refused', detail: message ?? `the answer is ${status}`, ...(body as object) };
  throw new Refusal(status, problem, headers.get('retry-after'));
}

function notSignalbox(url: string, status: number, cause?: unknown): Trouble {
  const hint = `does SIGNALBOX_URL (${url}) name a Signalbox?`;
  return new Trouble(`${url} answered ${status}, and not as Signalbox does`, { hint, cause });
}

function unreachable(url: string, error: unknown): Unreachable {
  const isLate = (error as Error).name === 'TimeoutError';
  const reason = isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonOf(error);
  return new Unreachable(`${url} can not be reached: ${reason}`, { hint: hintFor(url), cause: error });
}

function hintFor(url: string): string {
  return url === LOCAL_URL
    ? 'start it with "npm start", or set SIGNALBOX_URL'
    : 'check SIGNALBOX_URL, and that Signalbox is up there';
}
