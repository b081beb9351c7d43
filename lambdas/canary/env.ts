import * as z from 'zod';

export const CanaryEnv = z.object({
  API_URL: z.url(),
  ADMIN_KEY_SECRET_ID: z.string().min(1),
});
export type CanaryEnv = z.infer<typeof CanaryEnv>;
