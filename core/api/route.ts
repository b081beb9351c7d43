import type * as z from 'zod';
import type { Ability } from '../key.ts';

/** One row of the API: what makes the router, the OpenAPI document, the typed client and the authorization test. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one segment of the path. */
  path: `/v1/${string}`;
  /** What the caller must be able to do, on the team that the request is about; `public` needs no key. */
  ability: Ability | 'public';
  tag: 'events' | 'automations' | 'integrations' | 'deliveries' | 'organization' | 'keys' | 'document';
  /** What it does, in a few words of the imperative. */
  summary: string;
  /** What a reader must know beyond the summary. */
  description?: string;
  query?: z.ZodType;
  /** The body as JSON. */
  body?: z.ZodType;
  /** Where a body may be larger than 1 MB. */
  maxBodyBytes?: number;
  /** Other forms of the body, by media type. */
  otherBodies?: Readonly<Record<string, z.ZodType>>;
  /** What it answers when all is well: the schema of the body by status, null where there is no body. */
  answers: Readonly<Record<number, z.ZodType | null>>;
  /** Answers carry an ETag, and changes take If-Match. */
  versioned?: true;
  /** Makes something, and makes it once however often it is sent with the same Idempotency-Key. */
  repeatable?: true;
  /** Answers 404 to an id in its query or body. */
  looksUp?: true;
  /** Answers 409 to what a name, a user of the thing or a request at the same time forbids. */
  conflicts?: true;
}

/**
 * The values in a path, by name; undefined when it is another path. They come decoded from API Gateway. Both come in
 * segments.
 */
export function matchPath(
  wanted: readonly string[],
  given: readonly string[],
): Record<string, string> | undefined {
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const segment = given[at] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

/** The names in a path's braces. */
export function paramNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}
