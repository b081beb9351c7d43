import * as z from 'zod';
import { auditNouns } from '../audit.ts';
import { Moment, TeamName } from '../name.ts';
import { Cursor, Id, NO_CURSOR, pageOf, pageQuery, Timestamp } from './fields.ts';
import type { Route } from './route.ts';

const Change = z
  .strictObject({
    id: Id,
    at: Timestamp,
    key: Id,
    noun: z.enum(auditNouns),
    target: z.string(),
    team: TeamName.optional(),
    action: z.enum(['created', 'updated', 'deleted']),
    fields: z.array(
      z.strictObject({ field: z.string(), before: z.json().optional(), after: z.json().optional() }),
    ),
    unlisted: z.int().optional(),
  })
  .meta({
    id: 'Change',
    description: 'One entry of the audit list. A value of more than 400 characters is cut.',
  });

export const auditRoutes = {
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    ability: 'audit:read',
    tag: 'organization',
    summary: 'List every change, newest first',
    description: 'An org_admin sees all of them, an admin those of the own team.',
    query: pageQuery({
      team: TeamName.optional(),
      noun: z.enum(auditNouns).optional(),
      /** The id of what was changed, or its name where that is its id. */
      target: z.string().min(1).max(128).normalize('NFC').optional(),
      /** Who did it. */
      key: Id.optional(),
      since: Moment.optional(),
      until: Moment.optional(),
      after: Cursor.refine((text) => /^\d{4}-[\d:.T-]{18}Z#chg_\w+$/.test(text), NO_CURSOR).optional(),
    }),
    answers: { 200: pageOf('changes', Change) },
  },
} as const satisfies Record<string, Route>;
