import { type Route, type RouteName, routes } from '../core/api/routes.ts';
import { badUsage, Trouble } from './trouble.ts';

/** Calls the API by the names of its routes. */
export interface Connection {
  url: string;
  /** Answers the parsed body and what its ETag is; throws a Refusal or a Trouble. */
  call: <Body = Record<string, never>>(name: RouteName, input?: CallInput) => Promise<Answer<Body>>;
  /** Posts a body as it is, once. */
  post: (path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => Promise<Response>;
}

export interface CallInput {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  ifMatch?: string | undefined;
}

export interface Answer<Body> {
  body: Body;
  etag: string | undefined;
}

/** What the API says of a request that it does not take (application/problem+json). */
export interface ProblemBody {
  code?: string;
  detail?: string;
  field?: string;
  hint?: string;
}

/** An answer outside 2xx. */
export class Refusal extends Error {
  override name = 'Refusal' as const;
  readonly status: number;
  readonly problem: ProblemBody;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: ProblemBody, retryAfter?: string | null) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : undefined;
  }
}

const TIMEOUT_MS = 30_000;
const LOCAL_URL = 'http://127.0.0.1:8377';

/** The deployment that SIGNALBOX_URL and SIGNALBOX_API_KEY name; without a URL, the one of `npm start`. */
export function connect(environment: NodeJS.ProcessEnv): Connection {
  const url = baseUrl(environment['SIGNALBOX_URL'] || LOCAL_URL);
  const key = keyIn(environment);
  const send = async (path: string, init: RequestInit) => {
    const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
    try {
      return await fetch(url + path, {
        ...init,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw unreachable(url, error);
    }
  };
  return {
    url,
    post: (path, body, headers) => send(path, { method: 'POST', body, headers }),
    call: async <Body>(name: RouteName, { params = {}, query = {}, body, ifMatch }: CallInput = {}) => {
      const route: Route = routes[name];
      const response = await send(pathOf(route.path, params) + searchOf(query), {
        method: route.method,
        headers: {
          'content-type': 'application/json',
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = (await bodyOf(response, url)) as Body;
      return { body: answer, etag: response.headers.get('etag') ?? undefined };
    },
  };
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw badUsage(
    `SIGNALBOX_URL is not an http or https address: ${text}`,
    'set it as in https://signalbox.example.com',
  );
}

function keyIn(environment: NodeJS.ProcessEnv): string {
  const key = environment['SIGNALBOX_API_KEY']?.trim();
  const hint = 'set it to a key of your deployment; "npm start" prints one';
  if (!key) throw badUsage('SIGNALBOX_API_KEY is not set', hint);
  // What no header can hold, fetch would quote in its error.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw badUsage('SIGNALBOX_API_KEY is no key: it holds spaces or special characters', hint);
  return key;
}

function pathOf(pattern: string, params: Record<string, string>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function searchOf(query: NonNullable<CallInput['query']>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)])))}`;
}

/** The parsed body of a good answer; throws what a bad one says. */
export async function bodyOf(response: Response, url: string): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const parsed = parse(text);
  if (response.ok && (parsed !== undefined || text === '')) return parsed;
  if (typeof parsed === 'object' && parsed !== null) {
    throw new Refusal(response.status, parsed as ProblemBody, response.headers.get('retry-after'));
  }
  const hint = `does SIGNALBOX_URL (${url}) name a Signalbox?`;
  throw new Trouble(`${url} answered ${response.status}, and not as Signalbox does`, { hint });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** No answer came. */
export class Unreachable extends Trouble {}

function unreachable(url: string, error: unknown): Unreachable {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const reason =
    name === 'TimeoutError'
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : (cause?.code ?? cause?.message ?? message);
  const hint =
    url === LOCAL_URL
      ? 'start it with "npm start", or set SIGNALBOX_URL'
      : 'check SIGNALBOX_URL, and that it is up';
  return new Unreachable(`can not reach ${url} (${reason})`, { hint, cause: error });
}
