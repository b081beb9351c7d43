import { openApiDocument } from '../../core/api/openapi.ts';
import { findRoute } from '../../core/api/routes.ts';
import type { HttpAnswer, HttpRequest } from '../shared/http.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

/** The answer to a request that needs no key: the API's own description. Undefined for every other. */
export function publicAnswer({ method, path }: HttpRequest): HttpAnswer | undefined {
  const found = findRoute(method, path);
  if (!('name' in found) || found.name !== 'readDocument') return undefined;
  document ??= openApiDocument();
  return { status: 200, body: document, headers: { 'cache-control': 'public, max-age=300' } };
}
