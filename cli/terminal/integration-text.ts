import { secretFields } from '../../core/integration.ts';
import type { Integration } from '../lookup.ts';
import { fieldLines } from './fields.ts';
import type { Screen } from './screen.ts';
import { shortTime } from './time.ts';

/** Where an integration sends to. */
export function targetText(integration: Integration): string {
  if (integration.type === 'slack') return integration.channel ?? `(${integration.webhook_url_secret})`;
  return integration.url ?? `(${integration.url_secret})`;
}

/** What the states of an integration's health mean to whoever waits for its messages. */
export const stateNames = { closed: 'enabled', open: 'failing', half_open: 'failing', disabled: 'disabled' };

const reasons = {
  gone: 'the receiver is gone for good',
  failing_for_5_days: 'nothing arrived for 5 days',
  by_hand: 'by hand',
};

function stateText({ health }: Integration): string {
  const { state, failures, reason, failing_since, disabled_at, open_until } = health;
  const name = stateNames[state];
  if (state === 'disabled') return `${name} ${shortTime(disabled_at)}${reason ? `: ${reasons[reason]}` : ''}`;
  if (failures === 0) return name;
  const next = open_until && `, next try ${shortTime(open_until)}`;
  return `${name}, failed ${failures} times in a row since ${shortTime(failing_since)}${next ?? ''}`;
}

/** Of a list of secrets it does not matter which one it is. */
const withoutPlace = (field: string) => field.replace(/\.\d+$/, '');

export function integrationLines(integration: Integration, screen: Screen): string[] {
  const { id, name, type, team, created_at, updated_at } = integration;
  const isWebhook = integration.type === 'webhook';
  return fieldLines(
    [
      ['name', name],
      ['id', id],
      ['team', team],
      ['type', type],
      ['state', stateText(integration)],
      ['to', isWebhook ? `${integration.method} ${targetText(integration)}` : targetText(integration)],
      ...(isWebhook
        ? Object.entries(integration.headers).map(
            ([header, value]) => ['header', `${header}: ${value}`] as const,
          )
        : []),
      ...secretFields(integration).map(({ field, name: secret }) => [withoutPlace(field), secret] as const),
      ['created', shortTime(created_at)],
      ['changed', shortTime(updated_at)],
    ],
    screen,
  );
}
