import * as z from 'zod';

export const AdminEnv = z.object({
  TABLE_NAME: z.string().min(1),
  /** How long deliveries are kept. */
  HISTORY_DAYS: z.string().regex(/^\d{2,4}$/),
  /** Name or ARN of the secret that holds the first admin key. */
  ADMIN_KEY_SECRET_ID: z.string().min(1),
  /** Team secrets are made in Secrets Manager under this prefix, each with a random name. */
  SECRET_NAME_PREFIX: z.string().min(1),
  /** Where test calls of integrations are queued. */
  DELIVERIES_QUEUE_URL: z.string().min(1),
  /** As for the dispatcher: which addresses beyond the public ones a webhook may name. */
  ALLOWED_ADDRESSES: z.string(),
});
export type AdminEnv = z.infer<typeof AdminEnv>;
