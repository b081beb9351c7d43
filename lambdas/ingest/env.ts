import * as z from 'zod';

export const IngestEnv = z.object({
  TABLE_NAME: z.string().min(1),
  /** Name or ARN of the secret that holds the first admin key. */
  ADMIN_KEY_SECRET_ID: z.string().min(1),
  EVENTS_QUEUE_URL: z.string().min(1),
});
export type IngestEnv = z.infer<typeof IngestEnv>;
