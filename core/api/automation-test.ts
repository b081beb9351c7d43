import * as z from 'zod';
import { AutomationInput } from '../automation.ts';
import { missReasons } from '../dry-run/miss.ts';
import { MAX_EVENTS, MAX_INFLATED_BYTES } from '../event-limits.ts';
import { Id, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const AutomationTestInput = z
  .strictObject({
    /** One that need not be saved. */
    automation: AutomationInput.optional(),
    /** One that is. */
    automation_id: Id.optional(),
    /** As POST /v1/events takes them; a series of metrics is one event. */
    events: z.array(z.unknown()).min(1, 'must hold at least one event').max(MAX_EVENTS),
  })
  .refine((input) => (input.automation === undefined) !== (input.automation_id === undefined), {
    path: ['automation'],
    error: 'give either automation or automation_id',
  })
  .meta({ id: 'AutomationTestInput' });
export type AutomationTestInput = z.output<typeof AutomationTestInput>;

/** JSON has no NaN and no infinity: these are their names. */
const Value = z.union([z.number(), z.string()]);

const Request = z
  .strictObject({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  })
  .meta({ id: 'MaskedRequest', description: 'What would go out, with *** for secrets and signatures.' });

const common = {
  /** Which of the events, from 0 on; null for a silence, which makes an event of its own. */
  event: z.int().min(0).nullable(),
};

const WouldFire = z
  .strictObject({
    ...common,
    event_id: z.string(),
    received_at: Timestamp,
    run: z.string().optional(),
    attempt: z.int().min(0).optional(),
    metric: z.string().optional(),
    step: z.int().min(0).optional(),
    /** What was compared, and the newest 100 values that it was made from. */
    value: Value.optional(),
    values: z.array(Value).optional(),
    condition: z.string().optional(),
    status: z.string().optional(),
    request: Request.optional(),
    /** Why nothing could be sent. */
    problem: z.string().optional(),
  })
  .meta({ id: 'WouldFire' });

const WouldNotFire = z
  .strictObject({
    ...common,
    reason: z.enum(missReasons),
    text: z.string(),
    /** Of metrics: how many values in a row, and the steps of the first and the last. */
    count: z.int().min(1),
    first_step: z.int().min(0).optional(),
    last_step: z.int().min(0).optional(),
    held: z.int().min(0).optional(),
    needed: z.int().min(1).optional(),
    least: z.number().optional(),
    most: z.number().optional(),
    until: Timestamp.optional(),
    /** The filter as a tree, with what each clause found. */
    clauses: z.json().optional(),
  })
  .meta({ id: 'WouldNotFire' });

export const automationTestRoutes = {
  testAutomation: {
    method: 'POST',
    path: '/v1/automations/test',
    ability: 'team:read',
    tag: 'automations',
    summary: 'Try an automation on events, saved or not: when it would fire, and why not',
    description: 'Nothing is sent, nothing is stored, no secret is read.',
    body: AutomationTestInput,
    maxBodyBytes: MAX_INFLATED_BYTES,
    looksUp: true,
    answers: {
      200: z
        .strictObject({
          /** How often each came, over events and values; `fired` among them. */
          counts: z.record(z.string(), z.int().min(1)),
          fired: z.array(WouldFire),
          not_fired: z.array(WouldNotFire),
          /** Whether there was more than the answer has room for; the counts are of all. */
          truncated: z.boolean(),
        })
        .meta({ id: 'AutomationTest' }),
    },
  },
} as const satisfies Record<string, Route>;
