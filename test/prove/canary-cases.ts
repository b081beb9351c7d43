import type { Action } from '../../core/action.ts';
import type { Integration } from '../../core/integration.ts';
import type { JsonValue } from '../../core/json.ts';
import { templateVariableNames } from '../../core/template-variables.ts';
import { aSlackIntegration, aWebhookIntegration } from '../support/builders.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Dice {
  below: (limit: number) => number;
  pick: <T>(from: readonly T[]) => T;
  chance: (share: number) => boolean;
}

export function diceOf(random: () => number): Dice {
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, pick: (from) => from[below(from.length)] as never, chance: (share) => random() < share };
}

/** A secret with a canary in it, of the many looks that secrets have. */
function canary({ below, pick }: Dice): string {
  const core = `CNRY${Array.from({ length: 12 }, () => below(16).toString(16)).join('')}`;
  return pick([
    core,
    `xoxb-${core}`,
    `${core}${'x'.repeat(below(400))}`,
    `"quoted\\${core}"`,
    `a/b+c=${core}==&d`,
    `${core} with spaces & <tags> 'n' %41`,
    `$&${core}$1\${run_name}`,
    `~!@#^*()${core}|;:,.?`,
  ]);
}

/** Of what HTTP does not carry in headers, only what signs or stands in a body may have it. */
const unicodeCanary = (dice: Dice) => `schlüssel-鍵-\n-${canary(dice)}-🔑`;
const signingCanary = (dice: Dice) =>
  dice.chance(0.5)
    ? canary(dice)
    : `whsec_${Buffer.from(`${canary(dice)}${'k'.repeat(24)}`).toString('base64')}`;

/** A canary as a token in a path or in a query. */
function urlWith(dice: Dice): string {
  const token = canary(dice).replace(/[^A-Za-z0-9]/g, '');
  return dice.pick([
    `https://discord.com/api/webhooks/1234567890/${token}`,
    `https://prod-1.westus.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sv=1.0&sig=${token}`,
    `https://${token}:${token}@ci.example.com/`,
    `not a URL ${token}`,
  ]);
}

export interface CanaryCase {
  integration: Integration;
  action: Action;
  secrets: Map<string, string>;
  /** Templates as they may be saved; this one may be refused. */
  template: JsonValue;
}

export function canaryCase(dice: Dice): CanaryCase {
  return dice.chance(0.25) ? slackCase(dice) : webhookCase(dice);
}

function slackCase(dice: Dice): CanaryCase {
  const texts = { title: text(dice, []), message: text(dice, []) };
  const action = { type: 'slack', integration: 'int_2', severity: 'INFO', ...texts } as const;
  const path = `/services/T0/B0/${canary(dice).replace(/[^A-Za-z0-9]/g, '')}`;
  const [integration, secrets] = dice.chance(0.5)
    ? [aSlackIntegration({ token_secret: 'BOT' }), { BOT: canary(dice).replace(/\s/g, '') }]
    : [aSlackIntegration({ webhook_url_secret: 'HOOK' }), { HOOK: `https://hooks.slack.com${path}` }];
  return { integration, action, secrets: new Map(Object.entries(secrets)), template: texts };
}

function webhookCase(dice: Dice): CanaryCase {
  const { chance, pick } = dice;
  const granted = ['GRANTED_1', 'GRANTED_2', 'GRANTED_3'].slice(0, dice.below(4));
  const auth = pick(['bearer', 'basic', 'header', 'both', 'none']);
  const integration = aWebhookIntegration({
    method: pick(['POST', 'PUT', 'PATCH']),
    secrets: granted,
    ...pick([{}, {}, { url: undefined, url_secret: 'URL' }]),
    ...((auth === 'bearer' || auth === 'both') && { access_token_secret: 'TOKEN' }),
    ...(auth === 'basic' && { basic_auth: { username: 'bot', password_secret: 'PASSWORD' } }),
    ...((auth === 'header' || auth === 'both') && {
      header_auth: { name: 'x-api-key', value_secret: 'HEADER' },
    }),
    ...(chance(0.7) && { signing_secret: 'SIGNING' }),
    ...(chance(0.3) && { signing_secret: 'SIGNING', previous_signing_secret: 'PREVIOUS' }),
  });
  const payload = json(dice, [...granted, ...(integration.access_token_secret ? ['ACCESS_TOKEN'] : [])], 0);
  const secrets = new Map([
    ['URL', urlWith(dice)],
    ['TOKEN', canary(dice)],
    ['PASSWORD', chance(0.3) ? unicodeCanary(dice) : canary(dice)],
    ['HEADER', canary(dice)],
    ['SIGNING', signingCanary(dice)],
    ['PREVIOUS', chance(0.2) ? unicodeCanary(dice) : signingCanary(dice)],
    ...['GRANTED_1', 'GRANTED_2', 'GRANTED_3'].map(
      (name) => [name, chance(0.3) ? unicodeCanary(dice) : canary(dice)] as const,
    ),
  ]);
  const action = { type: 'webhook', integration: 'int_1', payload } as const;
  return { integration, action, secrets, template: { payload } };
}

function json(dice: Dice, secretNames: string[], depth: number): JsonValue {
  const { below, pick } = dice;
  const kind = depth > 3 ? below(3) : below(5);
  if (kind === 3) return Array.from({ length: below(4) }, () => json(dice, secretNames, depth + 1));
  if (kind === 4) {
    const entries = Array.from({ length: 1 + below(4) }, (_, at) => [
      `k${at}`,
      json(dice, secretNames, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }
  return kind === 0 && depth > 0 ? pick([1, true, null]) : text(dice, secretNames);
}

const LITERALS = [
  '',
  'plain',
  '"',
  '\\',
  '${$}',
  '${$}{GRANTED_1}',
  '</script>',
  ' ',
  'é🚀',
  '%',
  '$',
  '{',
  '}',
];

function text(dice: Dice, secretNames: string[]): string {
  const { below, pick, chance } = dice;
  if (secretNames.length > 0 && chance(0.1)) return `\${${pick(secretNames)}:json}`;
  const names = [
    ...templateVariableNames,
    'artifact_metadata.a.b',
    ...secretNames,
    ...secretNames,
    ...secretNames,
  ];
  const part = () => (chance(0.6) ? `\${${pick(names)}}` : pick(LITERALS));
  // A few are refused, as they would be when they are saved.
  const bad = chance(0.03) ? pick(['${', '${GRANTED_9}', '${SIGNING}', '${nmae}']) : '';
  return Array.from({ length: 1 + below(5) }, part).join('') + bad;
}
