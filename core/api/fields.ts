import * as z from 'zod';
import { TeamName } from '../name.ts';

/** The id of anything that has one. */
export const Id = z.string().regex(/^\w{1,64}$/, 'is not an id');

/** A moment as the API writes it. */
export const Timestamp = z.iso.datetime({ precision: 3 });

export const NO_CURSOR = 'is not a `next` that an earlier page gave';

/** `next` of the page before: base64 of what the store goes on from, so that nobody builds one. */
export const Cursor = z
  .string()
  .regex(/^[\w-]{1,800}$/, NO_CURSOR)
  .transform((cursor, context) => {
    const text = Buffer.from(cursor, 'base64url').toString();
    if (toCursor(text) === cursor && text.isWellFormed()) return text;
    context.issues.push({ code: 'custom', input: cursor, message: NO_CURSOR });
    return z.NEVER;
  });

/** Writes where a page ends as `next`. */
export function toCursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** A sentence or two about a thing. */
export const Description = z
  .string()
  .max(2000, 'is longer than 2,000 characters')
  .refine((text) => text.isWellFormed(), 'holds half a surrogate pair: send valid Unicode');

/** How much of a list is asked for, and from where. */
const pageFields = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  after: Cursor.optional(),
};

/** Where a page of a list begins, and how long it may be. */
export interface PageStart {
  limit: number;
  after?: string | undefined;
}

/** The query of a list, with these filters. */
export const pageQuery = <Filters extends z.ZodRawShape>(filters: Filters) =>
  z.strictObject({ ...pageFields, ...filters });

/** The query of a list of one team. */
export const PageOfTeam = pageQuery({ team: TeamName });

/** A page of a list: its items under their name, and where the next page begins, null on the last one. */
export const pageOf = <Name extends string, Item extends z.ZodType>(name: Name, item: Item) =>
  z.strictObject({ [name]: z.array(item), next: z.string().nullable() } as {
    [Key in Name]: z.ZodArray<Item>;
  } & { next: z.ZodNullable<z.ZodString> });

/** Whether to do it although something depends on it. */
export const Force = z.strictObject({ force: z.enum(['true', 'false']).default('false') });

/** What an Idempotency-Key looks like. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** What every refusal says (RFC 9457). */
export const ProblemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    field: z.string().optional(),
    hint: z.string().optional(),
  })
  .meta({
    id: 'Problem',
    description: 'What is wrong: a code, a sentence, the field at fault, the way out.',
  });
export type ProblemBody = z.infer<typeof ProblemBody>;

/** What API Gateway itself says when it refuses a request. */
export const GatewayMessage = z.strictObject({ message: z.string() }).meta({ id: 'GatewayMessage' });
