import * as z from 'zod';
import type { Route } from './route.ts';

export const documentRoutes = {
  readDocument: {
    method: 'GET',
    path: '/v1/openapi.json',
    ability: 'public',
    tag: 'document',
    summary: 'Read this document',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
} as const satisfies Record<string, Route>;
