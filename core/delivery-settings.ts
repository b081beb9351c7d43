import * as z from 'zod';

const DEFAULT_MAX_PER_MINUTE = 30;

/** How the deliveries of an automation behave when they are late, outdated or many. */
export const DeliverySettings = z.strictObject({
  /** No attempt later than this after the event was received. */
  expires_after_seconds: z.int().min(1).max(432_000).optional(),
  /** Drop a delivery when a newer one for the same collection and alias, or the same run, exists. */
  supersede: z.boolean().default(false),
  /** Firings on events of one minute beyond this many are held back. */
  max_per_minute: z.int().min(1).max(600).default(DEFAULT_MAX_PER_MINUTE),
});
export type DeliverySettings = z.infer<typeof DeliverySettings>;

/** The settings in force: revisions that say nothing have the defaults. */
export function deliverySettings(definition: { delivery?: DeliverySettings | undefined } | undefined) {
  return definition?.delivery ?? { supersede: false, max_per_minute: DEFAULT_MAX_PER_MINUTE };
}
