import { GatewayMessage, ProblemBody } from '../../core/api/fields.ts';
import type { Route } from '../../core/api/route.ts';
import { findRoute, routes } from '../../core/api/routes.ts';

interface Answer {
  status: number;
  contentType: string;
  /** Undefined where there is none. */
  body: unknown;
}

/** Throws when the table of routes describes no such answer to this request. */
export function checkAnswer(method: string, path: string, { status, contentType, body }: Answer): void {
  // Not of the API: the runtime's own tests put functions of theirs behind such paths.
  if (isUnknown(method, path)) return;
  const schema = schemaOf(method, path, status, contentType);
  if (schema === null && body === undefined) return;
  const result = schema?.safeParse(body);
  if (result?.success) return;
  const why = result ? JSON.stringify(result.error.issues) : 'it is not described';
  throw new Error(`${method} ${path} answers ${status} ${contentType}: ${why}\n${JSON.stringify(body)}`);
}

function isUnknown(method: string, path: string): boolean {
  const found = findRoute(method, path);
  return 'allow' in found && found.allow.length === 0;
}

function schemaOf(method: string, path: string, status: number, contentType: string) {
  if (contentType.startsWith('application/problem+json')) return ProblemBody;
  const found = findRoute(method, path);
  const route: Route | undefined = 'name' in found ? routes[found.name] : undefined;
  const described = route?.answers[status];
  if (described !== undefined) return described;
  return [400, 401, 403, 404, 413, 500, 503].includes(status) ? GatewayMessage : undefined;
}
