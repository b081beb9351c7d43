import * as z from 'zod';

export const MatcherEnv = z.object({
  TABLE_NAME: z.string().min(1),
  /** How long deliveries are kept. */
  HISTORY_DAYS: z.string().regex(/^\d{2,4}$/),
  DELIVERIES_QUEUE_URL: z.string().min(1),
});
export type MatcherEnv = z.infer<typeof MatcherEnv>;
