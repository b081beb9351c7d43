import { deliverySettings } from '../delivery-settings.ts';
import { type Health, healthState } from '../health.ts';
import { timeAgo } from './time-ago.ts';
import type { Sentence, WhyFacts } from './why.ts';

/** What ended a delivery, in words; of others the reason itself is told. */
const reasons: Record<string, string> = {
  disabled: 'the automation or its integration was disabled',
  expired: 'it would have come later than its automation allows',
  superseded: 'a newer one about the same thing took its place',
  rate: 'more fired in that minute than the automation allows',
  loop: 'it had gone through our own API more than eight times',
  attempts_used_up: 'all of its attempts failed',
  waited_5_days: 'its integration did not take it for five days',
  blocked: 'the address is not one that may be reached',
  gone: 'the receiver says that it is gone for good',
  redirect: 'the receiver redirects, and redirects are not followed',
  integration_deleted: 'its integration was deleted',
  payload_too_large: 'the rendered payload was too large',
};

/** What became of the last firings, and whether the way out is open. */
export function deliverySentences(facts: WhyFacts): Sentence[] {
  return [...lastDelivery(facts), ...storm(facts), ...integration(facts)];
}

function lastDelivery({ deliveries: [last], nowMs }: WhyFacts): Sentence[] {
  if (!last) return [];
  const { id, status, reason, createdAtMs, attempts, dueAtMs } = last;
  const about = 'delivery';
  const name = `The last delivery, ${id} from ${timeAgo(createdAtMs, nowMs)},`;
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  if (status === 'delivered') return [{ about, verdict: 'fine', text: `${name} was delivered.` }];
  if (status === 'pending') {
    const due = dueAtMs === undefined ? '' : `, next ${timeAgo(dueAtMs, nowMs)}`;
    return [{ about, verdict: 'look', text: `${name} is pending after ${tries}${due}.` }];
  }
  const why = (reason !== undefined && reasons[reason]) || reason || 'no reason is known';
  const how = status === 'failed' ? `failed after ${tries}` : 'was skipped';
  return [{ about, verdict: 'stops', text: `${name} ${how}: ${why}.` }];
}

function storm({ deliveries, definition }: WhyFacts): Sentence[] {
  const held = deliveries.filter(({ status, reason }) => status === 'skipped' && reason === 'rate').length;
  if (held === 0) return [];
  const { max_per_minute: max } = deliverySettings(definition);
  const text = `It fires in storms: ${held} of its last ${deliveries.length} deliveries were held back, since ${max} a minute are allowed.`;
  return [{ about: 'storm', verdict: 'look', text }];
}

function integration({ integration: through, nowMs }: WhyFacts): Sentence[] {
  if (through === undefined) return [];
  const about = 'integration';
  if (through === 'deleted') {
    return [{ about, verdict: 'stops', text: 'Its integration was deleted: give it another one.' }];
  }
  const { name, health, missingSecret } = through;
  const state = { about, ...stateOf(name, health, nowMs) } as const;
  if (missingSecret === undefined) return [state];
  const text = `Integration ${name} needs the secret ${missingSecret}, which is not there: deliveries fail until it is set.`;
  const missing = { about, verdict: 'stops', text } as const;
  return state.verdict === 'fine' ? [missing] : [missing, state];
}

const REASONS: Record<string, string> = {
  gone: 'its receiver is gone for good',
  by_hand: 'by hand',
};

function stateOf(name: string, health: Health, nowMs: number): Pick<Sentence, 'verdict' | 'text'> {
  const { disabledAtMs = nowMs, disabledReason, openUntilMs = nowMs, failures = 0 } = health;
  switch (healthState(health, nowMs)) {
    case 'disabled': {
      const since = timeAgo(disabledAtMs, nowMs);
      const why = REASONS[disabledReason ?? ''] ?? 'nothing was delivered for five days';
      return { verdict: 'stops', text: `Integration ${name} was disabled ${since}: ${why}.` };
    }
    case 'open': {
      const until = timeAgo(openUntilMs, nowMs);
      return {
        verdict: 'stops',
        text: `Integration ${name} is left alone after ${failures} failed attempts in a row: it is tried again ${until}.`,
      };
    }
    case 'half_open':
      return {
        verdict: 'look',
        text: `Integration ${name} failed ${failures} times in a row: the next attempt tries whether it is back.`,
      };
    case 'closed':
      return failures > 0
        ? { verdict: 'look', text: `Integration ${name} failed ${failures} times in a row.` }
        : { verdict: 'fine', text: `Integration ${name} is well.` };
  }
}
