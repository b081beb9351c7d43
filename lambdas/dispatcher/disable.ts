import type { Delivery } from '../../core/delivery.ts';
import type { Health } from '../../core/health.ts';
import { healthState } from '../../core/health.ts';
import type { Integration } from '../../core/integration.ts';
import { noticeDelivery } from '../../core/notice.ts';
import type { StageLine } from '../shared/log.ts';
import { deliveryMessage, type QueueMessage } from '../shared/queue.ts';

export interface DisableDeps {
  readIntegration: (id: string) => Promise<Integration | undefined>;
  listIntegrations: (team: string) => Promise<Integration[]>;
  readHealth: (integrationId: string) => Promise<Health>;
  disableIntegration: (id: string, why: { reason: string; nowMs: number }) => Promise<boolean>;
  putDelivery: (delivery: Delivery, dueAtMs: number) => Promise<boolean>;
  requeue: (message: QueueMessage) => Promise<void>;
  now: () => number;
  log: (line: StageLine) => void;
}

/**
 * Disables an integration and tells its team through another one, if it has one that works. The notice is written
 * first and under a derived id: a crash in between tells nobody twice, and the next failure comes here again.
 */
export async function disable(
  integrationId: string,
  { reason, sinceMs }: { reason: string; sinceMs: number },
  deps: DisableDeps,
): Promise<void> {
  const integration = await deps.readIntegration(integrationId);
  if (!integration) return;
  const nowMs = deps.now();
  const other = await otherOf(integration, deps);
  if (other) {
    const told = { integrationId, integrationName: integration.name, reason, sinceMs };
    const notice = noticeDelivery(told, other, nowMs);
    await deps.putDelivery(notice, nowMs);
    await deps.requeue(deliveryMessage(notice));
  }
  if (!(await deps.disableIntegration(integrationId, { reason, nowMs }))) return;
  const { team, name } = integration;
  deps.log({ stage: 'integration.disabled', integrationId, team, name, reason, toldThrough: other?.id });
}

/**
 * People read Slack; a webhook may be a machine that acts on whatever it is sent, and comes after it. What has the same
 * bot token comes last: it is most likely gone as well.
 */
async function otherOf(gone: Integration, deps: DisableDeps): Promise<Integration | undefined> {
  const all = await deps.listIntegrations(gone.team);
  for (const other of all.sort((a, b) => rankOf(a, gone) - rankOf(b, gone))) {
    if (other.id === gone.id) continue;
    if (healthState(await deps.readHealth(other.id), deps.now()) === 'closed') return other;
  }
  return undefined;
}

function rankOf(other: Integration, gone: Integration): number {
  if (other.type !== 'slack') return 1;
  const { token_secret: token } = other;
  return gone.type === 'slack' && token !== undefined && token === gone.token_secret ? 2 : 0;
}
