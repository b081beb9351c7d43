import * as z from 'zod';

export const DispatcherEnv = z.object({
  TABLE_NAME: z.string().min(1),
  DELIVERIES_QUEUE_URL: z.string().min(1),
  /** Address ranges (CIDR, comma-separated) beyond the public ones that webhooks may reach, also by plain http; empty for none. */
  ALLOWED_ADDRESSES: z.string(),
  /** What stands in for https://slack.com/api, in tests and the local runtime; empty for Slack itself. */
  SLACK_API_URL: z.string(),
});
export type DispatcherEnv = z.infer<typeof DispatcherEnv>;
