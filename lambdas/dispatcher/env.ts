import * as z from 'zod';

export const DispatcherEnv = z.object({
  TABLE_NAME: z.string().min(1),
  /** How long deliveries are kept. */
  HISTORY_DAYS: z.string().regex(/^\d{2,4}$/),
  DELIVERIES_QUEUE_URL: z.string().min(1),
  /** Address ranges (CIDR, comma-separated) beyond the public ones that webhooks may reach, also by plain http; empty for none. */
  ALLOWED_ADDRESSES: z.string(),
  /** Where Slack's methods are: https://slack.com/api, unless something stands in for it. */
  SLACK_API_URL: z.string().min(1),
});
export type DispatcherEnv = z.infer<typeof DispatcherEnv>;
