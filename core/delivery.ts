import { derivedId } from './id.ts';
import type { JsonValue } from './json.ts';

/** The values of template variables at the moment of firing, by variable name. Secrets are never among them. */
export type Facts = { [variable: string]: JsonValue };

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'skipped';

/** One automation firing on one occurrence. Written once, under a derived id: deciding it twice is deciding it once. */
export interface Delivery {
  id: string;
  automationId: string;
  /** The revision that fired, and whose action is rendered. */
  revision: number;
  team: string;
  action: 'webhook' | 'slack' | 'no_op';
  /** Absent for a no-op. */
  integrationId?: string;
  facts: Facts;
  /** When ingest received the event that fired it. */
  receivedAtMs: number;
  createdAtMs: number;
  /** Hops through our own API so far. */
  depth: number;
  /** Set when it stands for the firings of that minute which were held back. */
  digest?: Digest;
  /** Set when it tells a team that one of its integrations was disabled. */
  notice?: Notice;
}

export interface Digest {
  minuteMs: number;
  /** How many firings it stands for; known once it was sent. */
  count?: number;
}

/** What a team is told of an integration that was disabled. */
export interface Notice {
  integrationId: string;
  integrationName: string;
  reason: string;
  sinceMs: number;
}

/** Where a delivery stands. */
export interface DeliveryProgress {
  status: DeliveryStatus;
  /** Why it failed or was skipped. */
  reason?: string;
  attempts: number;
  /** When whoever is trying it now began. */
  leasedAtMs?: number;
  /** Nobody may try before this moment: the retry time, or the end of the lease of whoever is trying. */
  dueAtMs?: number;
  /** Set while it waits for its integration between two attempts. */
  wait?: Wait;
  /** When a user last sent it again. */
  resentAtMs?: number;
  /** How many of its attempts count for nothing: those before it was sent again, and free tries of its integration. */
  uncounted?: number;
}

/** A wait that costs no attempt. */
export interface Wait {
  /** How often it waited since its last attempt. */
  times: number;
  /** Its turn for one of the integration's places; from then on it need not stand in line. */
  turnAtMs?: number;
  /** Its turn in a channel that takes one message at a time. */
  pacedAtMs?: number;
}

/** One try to send, kept in the history with its secrets masked. */
export interface Attempt {
  number: number;
  startedAtMs: number;
  durationMs: number;
  /** `unknown` when the dispatcher stopped before it could note the answer. */
  outcome: 'delivered' | 'refused' | 'failed' | 'unknown';
  status?: number;
  code?: string;
  /** What a receiver asked for whose answer may be better later. */
  retryAfterSeconds?: number;
  /** Set when it tried, for all that waited, whether the integration is back: a failure counts for nothing. */
  probe?: true;
  request?: { method: string; url: string; headers: Record<string, string>; body: string };
  /** First 4 KiB of what was answered. */
  response?: string;
}

/** What makes two firings of an automation the same one. */
export type Occurrence =
  | { event: string; team: string }
  | { run: string; team: string; project: string; attempt: number; metric: string; step: number };

/** The id of the one delivery of an automation for an occurrence, however often and in whatever batch it is decided. */
export function deliveryId(automationId: string, occurrence: Occurrence): string {
  const parts =
    'event' in occurrence
      ? ['event', occurrence.team, occurrence.event]
      : [
          'metric',
          occurrence.team,
          occurrence.project,
          occurrence.run,
          String(occurrence.attempt),
          occurrence.metric,
          String(occurrence.step),
        ];
  return derivedId('dlv', automationId, ...parts);
}
