import * as z from 'zod';

/*
 * Which headers a webhook may carry beside our own. A list of what is allowed, not of what is forbidden: cloud
 * metadata services are opened by headers, and proxies and frameworks act on many more than anybody can list.
 * docs/actions.md explains it.
 */

/** Names without `x-` that receivers ask for. */
const KNOWN_NAMES: ReadonlySet<string> = new Set([
  'api-key',
  'apikey',
  'cf-access-client-id',
  'cf-access-client-secret',
  'circle-token',
  'dd-api-key',
  'dd-application-key',
  'fastly-key',
  'idempotency-key',
  'job-token',
  'ocp-apim-subscription-key',
  'prefer',
  'private-token',
  'travis-api-version',
]);

/** Names with `x-` that somebody between us and the receiver believes, or that are ours. */
const REFUSED_NAME =
  /^x-(?:forwarded(?:-.*)?|real-ip|client-ip|cluster-client-ip|true-client-ip|originating-ip|remote-.*|host|proxy.*|original-.*|rewrite-.*|http-.*|method-override|accel-.*|amz(?:n)?-.*|aws-.*|google-.*|goog-.*|ms-.*|azure-.*|envoy-.*|wandb-.*|signalbox-.*)$/;

const NAME = /^[a-z][a-z0-9-]{0,63}$/i;

/** Looked at as it was written: letters beyond ASCII may have small ones that are not. */
function problemOfName(given: string): string | undefined {
  const name = given.toLowerCase();
  if (!NAME.test(given)) return 'must be at most 64 letters, digits and dashes, and begin with a letter';
  if (REFUSED_NAME.test(name))
    return `${name} can not be set: proxies, clouds or receivers would take it for theirs or ours`;
  if (name.startsWith('x-') || KNOWN_NAMES.has(name)) return undefined;
  return `${name} is not among the headers that can be set: those that begin with x-, and ${[...KNOWN_NAMES].join(', ')}`;
}

/** The name of a header that carries a secret; `authorization` is one, for schemes other than Bearer and Basic. */
export const AuthHeaderName = z
  .string()
  .superRefine((name, context) => {
    const problem = name.toLowerCase() === 'authorization' ? undefined : problemOfName(name);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  })
  .toLowerCase();

const HeaderValue = z
  .string()
  .max(1024, 'is longer than 1,024 characters')
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without spaces at its ends')
  .refine((value) => !value.includes('${'), 'takes no variables: headers are sent as they stand here');

const MAX_HEADERS = 20;

/** Headers with fixed values. What is secret belongs into `header_auth`. */
export const CustomHeaders = z.record(z.string(), HeaderValue).transform((headers, context) => {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const refuse = (path: string[], message: string) =>
    context.issues.push({ code: 'custom', input: headers, path, message });
  for (const name of Object.keys(headers)) {
    const problem = problemOfName(name);
    if (problem) refuse([name], problem);
  }
  if (entries.length > MAX_HEADERS) refuse([], `has more than ${MAX_HEADERS} headers`);
  if (new Set(entries.map(([name]) => name)).size < entries.length) refuse([], 'names a header twice');
  return Object.fromEntries(entries);
});
