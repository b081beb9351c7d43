import * as z from 'zod';
import { AutomationChange, AutomationInput } from '../automation.ts';
import { WatchableEventType } from '../event.ts';
import { Label, TeamName } from '../name.ts';
import { Id, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const saved = {
  id: Id,
  ...AutomationInput.shape,
  revision: z.int().min(1),
  created_at: Timestamp,
  updated_at: Timestamp,
};
const Automation = z.strictObject(saved).meta({ id: 'Automation' });
const Activity = z
  .strictObject({
    fired: z.int().min(0),
    held_back: z.int().min(0),
    last_met_at: Timestamp.optional(),
    last_fired_at: Timestamp.optional(),
    /** When an event that the trigger names last came in the scope, whether or not the filter took it. */
    last_seen_at: Timestamp.optional(),
  })
  .meta({
    id: 'Activity',
    description: 'What an automation did and saw; written once a minute, and what it saw every five.',
  });
const ActiveAutomation = z
  .strictObject({ ...saved, activity: Activity })
  .meta({ id: 'AutomationWithActivity' });

export const automationRoutes = {
  createAutomation: {
    method: 'POST',
    path: '/v1/automations',
    ability: 'automations:write',
    tag: 'automations',
    summary: 'Make an automation',
    body: AutomationInput.meta({ id: 'AutomationInput' }),
    answers: { 201: Automation },
    versioned: true,
    conflicts: true,
    repeatable: true,
  },
  listAutomations: {
    method: 'GET',
    path: '/v1/automations',
    ability: 'team:read',
    tag: 'automations',
    summary: "List a team's automations, oldest first",
    query: pageQuery({
      team: TeamName,
      /** A part of the name, in any case. */
      name: Label.optional(),
      scope: z.enum(['organization', 'team', 'project', 'registry', 'collection']).optional(),
      event: WatchableEventType.optional(),
      enabled: z.enum(['true', 'false']).optional(),
    }),
    answers: { 200: pageOf('automations', Automation) },
  },
  readAutomation: {
    method: 'GET',
    path: '/v1/automations/{id}',
    ability: 'team:read',
    tag: 'automations',
    summary: 'Read an automation and what it did',
    answers: { 200: ActiveAutomation },
    versioned: true,
  },
  updateAutomation: {
    method: 'PATCH',
    path: '/v1/automations/{id}',
    ability: 'automations:write',
    tag: 'automations',
    summary: 'Change the fields that are given, each as a whole',
    body: AutomationChange.meta({ id: 'AutomationChange' }),
    answers: { 200: Automation },
    versioned: true,
    conflicts: true,
  },
  deleteAutomation: {
    method: 'DELETE',
    path: '/v1/automations/{id}',
    ability: 'automations:write',
    tag: 'automations',
    summary: 'Delete an automation',
    answers: { 204: null },
    versioned: true,
  },
} as const satisfies Record<string, Route>;
