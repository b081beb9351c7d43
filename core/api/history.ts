import * as z from 'zod';
import { TeamName } from '../name.ts';

const Id = z.string().regex(/^\w{1,64}$/, 'is not an id');

/** A moment as a user writes it, in ms since 1970. */
const Moment = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time with a zone, such as 2026-11-23T12:00:00Z' })
  .transform((text) => Date.parse(text));

const refuseBackwards = (range: { from?: number | undefined; to?: number | undefined }) =>
  range.from === undefined || range.to === undefined || range.from <= range.to;
const backwards = { path: ['to'], error: 'is before from' };

/** What of the history is asked for. Without run, collection, status and integration a page is full. */
export const DeliveryQuery = z
  .strictObject({
    team: TeamName.optional(),
    automation: Id.optional(),
    run: z.string().min(1).max(512).optional(),
    collection: z.string().min(1).max(512).optional(),
    status: z.enum(['pending', 'delivered', 'failed', 'skipped']).optional(),
    integration: Id.optional(),
    from: Moment.optional(),
    to: Moment.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(25),
    after: z
      .string()
      .regex(/^\d{1,15}-\w{1,64}$/, 'is not a `next` that an earlier page gave')
      .optional(),
  })
  .refine((query) => (query.team === undefined) !== (query.automation === undefined), {
    path: ['team'],
    error: 'give either team or automation',
  })
  .refine(refuseBackwards, backwards);
export type DeliveryQuery = z.output<typeof DeliveryQuery>;

/** A delivery shows its newest attempts; those before one are asked for by its number. */
export const AttemptsQuery = z.strictObject({
  before: z.coerce.number().int().min(1).max(9_999).optional(),
});

/** Which deliveries of an automation to send again. */
export const ResendInput = z
  .strictObject({
    from: Moment,
    /** Now, when it is not given. */
    to: Moment.optional(),
    statuses: z
      .array(z.enum(['failed', 'skipped', 'delivered']))
      .min(1)
      .max(3)
      .default(['failed']),
  })
  .refine(refuseBackwards, backwards);
