import * as z from 'zod';
import { TeamName } from '../name.ts';
import { Id, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const DeliveryQuery = pageQuery({
  team: TeamName.optional(),
  automation: Id.optional(),
  after: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T[\d:.]{12}Z#\w{1,64}$/, 'is not a `next` that an earlier page gave')
    .optional(),
}).refine((query) => (query.team === undefined) !== (query.automation === undefined), {
  path: ['team'],
  error: 'give either team or automation',
});

const deliveryFields = {
  id: Id,
  automation: Id,
  revision: z.int(),
  team: TeamName,
  integration: Id.optional(),
  status: z.enum(['pending', 'delivered', 'failed', 'skipped']),
  reason: z.string().optional(),
  attempt_count: z.int().min(0),
  created_at: Timestamp,
  due_at: Timestamp.optional(),
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
  .strictObject({ ...deliveryFields, attempts: z.array(Attempt) })
  .meta({ id: 'DeliveryWithAttempts' });

export const deliveryRoutes = {
  listDeliveries: {
    method: 'GET',
    path: '/v1/deliveries',
    ability: 'team:read',
    tag: 'deliveries',
    summary: "List a team's or an automation's deliveries, newest first",
    query: DeliveryQuery,
    answers: { 200: pageOf('deliveries', Delivery) },
  },
  readDelivery: {
    method: 'GET',
    path: '/v1/deliveries/{id}',
    ability: 'team:read',
    tag: 'deliveries',
    summary: 'Read a delivery with its attempts',
    answers: { 200: DeliveryWithAttempts },
  },
} as const satisfies Record<string, Route>;
