import type * as z from 'zod';
import { ProblemBody } from './fields.ts';
import type { Route } from './route.ts';
import { type RouteName, routes } from './routes.ts';

type Row<Name extends RouteName> = (typeof routes)[Name];
type ParamOf<Path> = Path extends `${string}{${infer Param}}${infer Rest}` ? Param | ParamOf<Rest> : never;
type Wanted<R, Part extends 'query' | 'body'> = R extends { [P in Part]: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : undefined;
/** May be left out where nothing in it is required. */
type Field<Part extends string, Value> = [Value] extends [undefined | never]
  ? { [P in Part]?: never }
  : Partial<Record<never, never>> extends Value
    ? { [P in Part]?: Value }
    : { [P in Part]: Value };

/** What a call of a route takes. */
export type CallInput<Name extends RouteName> = Field<
  'params',
  [ParamOf<Row<Name>['path']>] extends [never] ? undefined : Record<ParamOf<Row<Name>['path']>, string>
> &
  Field<'query', Wanted<Row<Name>, 'query'>> &
  Field<'body', Wanted<Row<Name>, 'body'>> & {
    /** The ETag of what was read: refuses a change of something that moved on. */
    ifMatch?: string;
  };

type BodyOf<Answers> = {
  [Status in keyof Answers]: Answers[Status] extends z.ZodType ? z.output<Answers[Status]> : undefined;
}[keyof Answers];

/** An answer of a route, or why there is none: a refusal is a value, and so is a server that is not there. */
export type CallResult<Name extends RouteName> =
  | { ok: true; status: number; body: BodyOf<Row<Name>['answers']>; etag?: string }
  | { ok: false; status: number; problem: ProblemBody };

export interface ClientOptions {
  /** Of the deployment, as the stack's output has it. */
  url: string;
  key: string;
  fetch: typeof fetch;
  timeoutMs?: number;
}

export type Call = <Name extends RouteName>(name: Name, input: CallInput<Name>) => Promise<CallResult<Name>>;

/** A client of the API, typed from its table of routes. It never throws: what goes wrong is in the result. */
export function apiClient({ url, key, fetch, timeoutMs = 30_000 }: ClientOptions): Call {
  return async (name, input) => {
    const route: Route = routes[name];
    const { params = {}, query = {}, body, ifMatch } = input as LooseInput;
    // A REST API's URL ends in the name of its stage.
    const target = new URL(url.replace(/\/+$/, '') + pathOf(route, params));
    for (const [field, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(field, String(value));
    }
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    };
    try {
      const response = await fetch(target, {
        method: route.method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      return (await resultOf(response)) as CallResult<typeof name>;
    } catch (error) {
      return { ok: false, status: 0, problem: unreachable(error, target) };
    }
  };
}

interface LooseInput {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  ifMatch?: string;
}

function pathOf({ path }: Route, params: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

type LooseResult =
  | { ok: true; status: number; body: unknown; etag?: string }
  | { ok: false; status: number; problem: ProblemBody };

async function resultOf(response: Response): Promise<LooseResult> {
  const { ok, status } = response;
  const text = await response.text();
  const body = parsed(text);
  if (!ok) return { ok, status, problem: problemOf(status, body) };
  const etag = response.headers.get('etag');
  return { ok, status, body, ...(etag !== null && { etag }) };
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Something in front of the API may refuse in words of its own; so does a post of which no event was taken. */
function problemOf(status: number, body: unknown): ProblemBody {
  const problem = ProblemBody.safeParse(body);
  if (problem.success) return problem.data;
  const said = (body as { message?: unknown } | undefined)?.message;
  const detail = typeof said === 'string' ? said : `the answer is ${status} and no problem+json`;
  return { ...(body as object), type: 'about:blank', title: 'refused', status, code: 'refused', detail };
}

/** Why a fetch had no answer. */
export function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
  if (name === 'TimeoutError') return 'it did not answer in time';
  // What OpenSSL says of it is for people who debug OpenSSL.
  if (cause?.code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'nothing there speaks https';
  return cause?.message ?? message;
}

function unreachable(error: unknown, { origin }: URL): ProblemBody {
  const detail = `${origin} can not be reached: ${reasonOf(error)}`;
  const hint = 'check the address, and that Signalbox runs there';
  return { type: 'about:blank', title: 'unreachable', status: 0, code: 'unreachable', detail, hint };
}
