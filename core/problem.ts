import type * as z from 'zod';

/** Every reason for which a caller is refused. The HTTP status of each stands in lambdas/shared/http.ts. */
export type ProblemCode =
  | 'malformed_json'
  | 'invalid_input'
  | 'unknown_event_type'
  | 'too_large'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'stale_version';

export interface ProblemDetails {
  code: ProblemCode;
  /** What is wrong, in a sentence. */
  detail: string;
  /** Path of the field at fault, such as `trigger.threshold.window`. */
  field?: string;
  /** The way out. */
  hint?: string;
  /** The methods that a path has, when it lacks the one that was used. */
  allow?: string[];
}

/** The caller is wrong: thrown anywhere, turned into an answer in one place. */
export class Problem extends Error {
  override name = 'Problem' as const;
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails, options?: ErrorOptions) {
    super(details.detail, options);
    this.details = details;
  }
}

/** A Problem with a part of an input as one with the whole, where the field has another name. Other errors stay as they are. */
export function renamedProblem(error: unknown, nameOf: (field: string | undefined) => string): unknown {
  if (!(error instanceof Problem)) return error;
  return new Problem({ ...error.details, field: nameOf(error.details.field) }, { cause: error });
}

/** The first complaint of a schema as problem details, with the field's path below `prefix`. */
export function detailsOfZod(error: z.ZodError, prefix: string[] = []): ProblemDetails {
  const [issue] = error.issues;
  if (!issue) return { code: 'invalid_input', detail: 'the input is not valid' };
  return detailsOfIssue(issue, prefix);
}

/** Of the forms that an input may have: what is wrong with the one that it comes nearest to. */
function nearestIn(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue | undefined {
  const firsts = branches.flatMap(([first]) => first ?? []);
  return firsts.find((issue) => !saysOtherForm(issue)) ?? firsts.at(-1);
}

/** Whether an issue only says that the input has another type than the form is for. */
function saysOtherForm(issue: z.core.$ZodIssue): boolean {
  const isOtherName = issue.code === 'invalid_format' && issue.format === 'template_literal';
  const isOtherType = issue.code === 'invalid_union' && issue.errors.length === 0;
  return (isOtherName || isOtherType) && issue.path.length === 1;
}

/** What zod says of an input that is none of several forms, where these have no sentence of their own. */
const UNTOLD = 'Invalid input';

const MAX_NAMED = 10;
const MAX_NAME = 40;

/** All of them at once: who sends back what was read has several. */
function detailsOfUnknown([first = '', ...others]: string[], path: string[]): ProblemDetails {
  const named = others.slice(0, MAX_NAMED).map((name) => name.slice(0, MAX_NAME));
  const more = others.length - named.length;
  const all = [...named, ...(more > 0 ? [`${more} others`] : [])];
  const last = all.pop();
  const list = all.length > 0 ? `${all.join(', ')} and ${last}` : last;
  const beside = last === undefined ? '' : `, and neither ${others.length > 1 ? 'are' : 'is'} ${list}`;
  return {
    code: 'invalid_input',
    field: [...path, first].join('.'),
    detail: `this field is not known${beside}`,
    hint: 'remove it, or check its spelling',
  };
}

function detailsOfIssue(issue: z.core.$ZodIssue, prefix: string[]): ProblemDetails {
  const path = [...prefix, ...issue.path.map(String)];
  const isUntold = issue.code === 'invalid_union' && issue.message === UNTOLD;
  const nearest = isUntold ? nearestIn(issue.errors) : undefined;
  if (nearest) return detailsOfIssue(nearest, path);
  if (issue.code === 'unrecognized_keys') return detailsOfUnknown(issue.keys, path);
  const field = path.join('.');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return {
      code: 'invalid_input',
      field,
      detail: 'this field is missing',
      hint: `give it as ${issue.expected}`,
    };
  }
  const hint = field ? `correct ${field} and send the request again` : 'correct the input and send it again';
  return { code: 'invalid_input', detail: issue.message, ...(field && { field }), hint };
}

/** Parses with a schema; what does not fit is thrown as a Problem that names the field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem(detailsOfZod(result.error));
}
