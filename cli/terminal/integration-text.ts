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

export function integrationLines(integration: Integration, screen: Screen): string[] {
  const { id, name, type, team, created_at, updated_at } = integration;
  const isWebhook = integration.type === 'webhook';
  return fieldLines(
    [
      ['name', name],
      ['id', id],
      ['team', team],
      ['type', type],
      ['to', isWebhook ? `${integration.method} ${targetText(integration)}` : targetText(integration)],
      ...(isWebhook
        ? Object.entries(integration.headers).map(
            ([header, value]) => ['header', `${header}: ${value}`] as const,
          )
        : []),
      ...secretFields(integration).map(({ field, name: secret }) => [field, secret] as const),
      ['created', shortTime(created_at)],
      ['changed', shortTime(updated_at)],
    ],
    screen,
  );
}
