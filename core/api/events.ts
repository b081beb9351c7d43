import * as z from 'zod';
import { eventSchema, eventTypes } from '../event.ts';
import type { Route } from './route.ts';

const known = [...eventTypes, 'custom.name'].flatMap((type) => eventSchema(type) ?? []);
const Event = z.union(known).meta({ id: 'Event' });
const CloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    type: z.string(),
    source: z.string().min(1),
    id: z.string().min(1),
    time: z.string().optional(),
    datacontenttype: z.string().optional(),
    data: z.looseObject({}).optional(),
    data_base64: z.string().optional(),
  })
  .meta({ id: 'CloudEvent', description: 'An event whose data is that of Event without id, type and time.' });

const Refusal = z
  .looseObject({
    index: z.int().min(0),
    code: z.string(),
    detail: z.string(),
    field: z.string().optional(),
    hint: z.string().optional(),
  })
  .meta({ id: 'RefusedEvent' });
const Taken = z
  .strictObject({
    events: z.array(
      z.strictObject({ index: z.int().min(0), id: z.string(), deduplicated: z.boolean() }).meta({
        id: 'TakenEvent',
      }),
    ),
    refused: z.array(Refusal),
    refused_count: z.int().min(0),
  })
  .meta({
    id: 'TakenEvents',
    description: 'What became of each event, by its index in the request. The first 100 refusals are listed.',
  });

export const eventRoutes = {
  postEvents: {
    method: 'POST',
    path: '/v1/events',
    ability: 'events:post',
    tag: 'events',
    summary: 'Post events',
    description:
      '202: all are taken. 207: those under `refused` are not. 422: none is. What is taken is in the queue by then. Takes `content-encoding: gzip`.',
    body: z.union([Event, z.array(Event)]),
    otherBodies: {
      'application/x-ndjson': z.string(),
      'application/cloudevents+json': CloudEvent,
      'application/cloudevents-batch+json': z.array(CloudEvent),
    },
    answers: { 202: Taken, 207: Taken, 422: Taken },
  },
} as const satisfies Record<string, Route>;
