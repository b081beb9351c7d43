import * as z from 'zod';
import { Moment, TeamName } from '../name.ts';
import { Id, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

/** A moment as a user writes it, in ms since 1970. */
const MomentMs = Moment.transform((text) => Date.parse(text));

const isForwards = ({ from, to }: { from?: number | undefined; to?: number | undefined }) =>
  from === undefined || to === undefined || from <= to;
const backwards = { path: ['to'], error: 'is before from' };

const Status = z.enum(['pending', 'delivered', 'failed', 'skipped']);
const Ended = z.enum(['delivered', 'failed', 'skipped']);

const DeliveryQuery = pageQuery({
  team: TeamName.optional(),
  automation: Id.optional(),
  run: z.string().min(1).max(512).normalize('NFC').optional(),
  collection: z.string().min(1).max(512).normalize('NFC').optional(),
  status: Status.optional(),
  integration: Id.optional(),
  from: MomentMs.optional(),
  to: MomentMs.optional(),
})
  .refine((query) => (query.team === undefined) !== (query.automation === undefined), {
    path: ['team'],
    error: 'give either team or automation',
  })
  .refine(isForwards, backwards)
  .refine(({ after = '0-a' }) => /^\d{1,15}-\w{1,64}$/.test(after), {
    path: ['after'],
    error: 'is not a `next` that an earlier page gave',
  });

/** A delivery shows its newest attempts; those before one are asked for by its number. */
const AttemptsQuery = z.strictObject({ before: z.coerce.number().int().min(1).max(9_999).optional() });

const ResendInput = z
  .strictObject({
    from: MomentMs,
    /** Now, when it is not given. */
    to: MomentMs.optional(),
    statuses: z.array(Ended).min(1).max(3).default(['failed']),
  })
  .refine(isForwards, backwards);

const deliveryFields = {
  id: Id,
  automation: Id,
  revision: z.int(),
  team: TeamName,
  integration: Id.optional(),
  status: Status,
  reason: z.string().optional(),
  attempt_count: z.int().min(0),
  created_at: Timestamp,
  /** When it was last sent again by hand or by a resend. */
  resent_at: Timestamp.optional(),
  /** Of a pending one: when it is tried next, or since when it is being tried. */
  due_at: Timestamp.optional(),
  trying_since: Timestamp.optional(),
  /** How often it waited for its integration since its last attempt. */
  waits: z.int().optional(),
  test: z.literal(true).optional(),
  /** Set when it stands for the firings of a minute that were held back; how many is known once it was sent. */
  digest: z.strictObject({ minute: Timestamp, firings: z.int().nullable() }).optional(),
  /** Set when it tells that an integration was disabled. */
  notice: z
    .strictObject({ integration: Id, name: z.string(), reason: z.string(), since: Timestamp })
    .optional(),
  facts: z.record(z.string(), z.json()),
};
const Attempt = z
  .strictObject({
    number: z.int().min(1),
    started_at: Timestamp,
    outcome: z.enum(['delivered', 'refused', 'failed', 'unknown']),
    duration_ms: z.number().optional(),
    http_status: z.int().optional(),
    code: z.string().optional(),
    /** It tried whether the integration is back: a failure counts for nothing. */
    probe: z.literal(true).optional(),
    /** Of a test call, instead of the status: `no`, or the class of the status. */
    answered: z.string().optional(),
    slack_error: z.string().optional(),
    advice: z.string().optional(),
    request: z
      .strictObject({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
      })
      .optional(),
    response: z.string().optional(),
  })
  .meta({ id: 'Attempt', description: 'One try to send, with its secrets masked.' });
const Delivery = z.strictObject(deliveryFields).meta({ id: 'Delivery' });
const DeliveryWithAttempts = z
  .strictObject({
    ...deliveryFields,
    /** The newest 25, or as many as there is room for; oldest first. */
    attempts: z.array(Attempt),
    /** What `before` takes to show the attempts before these. */
    earlier_attempts: z.int().nullable(),
  })
  .meta({ id: 'DeliveryWithAttempts' });

const Resend = z
  .strictObject({
    id: Id,
    team: TeamName,
    automation: Id,
    from: Timestamp,
    to: Timestamp,
    statuses: z.array(Ended),
    created_at: Timestamp,
    phase: z.enum(['counting', 'sending', 'done']),
    matched: z.int().min(0),
    resent: z.int().min(0),
    /** Left as they are, because their integration is disabled or deleted. */
    passed_over: z.int().min(0),
    /** Null until all are counted. */
    left: z.int().min(0).nullable(),
    done: z.boolean(),
    stopped: z.enum(['automation_disabled']).optional(),
  })
  .meta({ id: 'Resend', description: 'A job that sends deliveries again.' });

export const deliveryRoutes = {
  listDeliveries: {
    method: 'GET',
    path: '/v1/deliveries',
    ability: 'team:read',
    tag: 'deliveries',
    summary: "List a team's or an automation's deliveries, newest first",
    description:
      'With run, collection, status or integration, a page looks at 500 deliveries at most: it may be short or empty and still have a `next`.',
    query: DeliveryQuery,
    looksUp: true,
    answers: { 200: pageOf('deliveries', Delivery) },
  },
  readDelivery: {
    method: 'GET',
    path: '/v1/deliveries/{id}',
    ability: 'team:read',
    tag: 'deliveries',
    summary: 'Read a delivery with its attempts',
    query: AttemptsQuery,
    answers: { 200: DeliveryWithAttempts },
  },
  resendDelivery: {
    method: 'POST',
    path: '/v1/deliveries/{id}/resend',
    ability: 'automations:write',
    tag: 'deliveries',
    summary: 'Send a delivery again that has ended, under the same webhook-id',
    answers: { 202: Delivery },
    conflicts: true,
  },
  createResend: {
    method: 'POST',
    path: '/v1/automations/{id}/resend',
    ability: 'automations:write',
    tag: 'deliveries',
    summary: "Send an automation's deliveries of a time range again",
    description:
      'A job, which goes on as fast as the integration takes them; `GET /v1/resends/{id}` shows how far it is.',
    body: ResendInput,
    answers: { 202: Resend },
    conflicts: true,
  },
  readResend: {
    method: 'GET',
    path: '/v1/resends/{id}',
    ability: 'team:read',
    tag: 'deliveries',
    summary: 'Read how far a job that sends deliveries again has come',
    answers: { 200: Resend },
  },
} as const satisfies Record<string, Route>;
