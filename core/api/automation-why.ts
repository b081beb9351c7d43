import * as z from 'zod';
import { RunState } from '../event.ts';
import { Name, TeamName } from '../name.ts';
import { Timestamp } from './fields.ts';
import type { Route } from './route.ts';

/** Where the run is, as far as the automation's scope does not say it. */
const runPlace = { team: TeamName.optional(), project: Name.optional() };

const Count = z.int().min(0);

const RunStanding = z
  .strictObject({
    run: z.strictObject({ team: TeamName, project: z.string(), id: z.string() }),
    /** Whether the automation's scope holds the run. */
    in_scope: z.boolean(),
    /** Whether anything is remembered of the run. */
    known: z.boolean(),
    /** Of an automation on metrics whose metric came. */
    window: z
      .strictObject({
        held: Count,
        needed: Count,
        /** Of a change: of these, those of the prior window. */
        prior: z.strictObject({ held: Count, needed: Count }).optional(),
        /** Values that do not count since they came before the trigger was saved, or the automation enabled again. */
        too_old: Count,
        newest_step: Count.optional(),
        last_received_at: Timestamp.optional(),
        condition: z.string(),
        /** What is compared; null where the rules say never met. */
        value: z.number().nullable().optional(),
        met: z.boolean(),
      })
      .optional(),
    /** What holds it back now; without `until` no time ends it. */
    latches: z.array(
      z.strictObject({ state: RunState.optional(), fired_at: Timestamp, until: Timestamp.optional() }),
    ),
    state: z.strictObject({ now: RunState, by_silence: z.boolean() }).optional(),
    /** When silence makes the run CRASHED. */
    silent_at: Timestamp.optional(),
    /** Values of the run that came too late for every window, of any metric. */
    late: Count,
  })
  .meta({ id: 'RunStanding', description: 'Where an automation stands with one run.' });

const Why = z
  .strictObject({
    sentences: z.array(
      z.strictObject({
        about: z.enum([
          'automation',
          'events',
          'run',
          'window',
          'latch',
          'firings',
          'delivery',
          'storm',
          'integration',
        ]),
        /** `stops`: it does not fire, or its deliveries do not arrive; `look`: worth a look. */
        verdict: z.enum(['stops', 'look', 'fine']),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'Why' });

export const automationWhyRoutes = {
  readStanding: {
    method: 'GET',
    path: '/v1/automations/{id}/runs/{run}',
    ability: 'team:read',
    tag: 'automations',
    summary: 'How full the windows of a run are, its value against the bound, its latches',
    query: z.strictObject(runPlace),
    answers: { 200: RunStanding },
  },
  explainAutomation: {
    method: 'GET',
    path: '/v1/automations/{id}/why',
    ability: 'team:read',
    tag: 'automations',
    summary: 'Why an automation does or does not fire, in plain words',
    query: z.strictObject({ run: Name.optional(), ...runPlace }),
    answers: { 200: Why },
  },
} as const satisfies Record<string, Route>;
