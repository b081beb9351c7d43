// All that can be seen of a world from outside, as data: what the checker judges.
import type { OracleAutomation, WireEvent } from '../../oracle/world.ts';

/** A change that a user made of an automation, with the moments when he asked for it and when he was answered. */
export interface Change {
  kind: 'disable' | 'enable' | 'delete' | 'edit trigger' | 'edit action';
  askedAtMs: number;
  answeredAtMs: number;
}

export interface Automation {
  id: string;
  scope: OracleAutomation['scope'];
  trigger: OracleAutomation['trigger'];
  team: string;
  /** When its saving was answered. */
  savedAtMs: number;
  /** Undefined for a no-op. */
  integration: string | undefined;
  supersede: boolean;
  maxPerMinute: number;
  expiresAfterSeconds: number | undefined;
  changes: Change[];
}

export interface Integration {
  id: string;
  url: string;
  /** Whether its receiver answers well once all faults are over. */
  endsWell: boolean;
  /** Whether it may come to be disabled: by 410, or by failing for days. */
  mayBeDisabled: boolean;
  /** Whether its receiver may refuse a request for good. */
  refuses: boolean;
  /** Whether its receiver does well from the beginning. */
  isPrompt: boolean;
}

/** The values of a secret, with the moments when setting each was asked for and answered. */
export interface Secret {
  value: string;
  askedAtMs: number;
  answeredAtMs: number;
}

export interface Accepted {
  event: WireEvent;
  /** When it was first posted, and when the post was answered by 202. */
  postedAtMs: number;
  acceptedAtMs: number;
}

/** A request as its receiver saw it. */
export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  arrivedAtMs: number;
  /** When it was answered, or given up. */
  endedAtMs: number;
  status: number | undefined;
  /** How long it asked to be left alone. */
  retryAfterMs: number;
  /** Whether the answer reached the sender's side. */
  isHeard: boolean;
}

export interface Attempt {
  number: number;
  started_at: string;
  duration_ms: number;
  outcome: 'delivered' | 'refused' | 'failed' | 'unknown';
  http_status?: number;
  /** Whether it tried an integration that had failed: such a one counts for nothing when it fails. */
  probe?: true;
  request?: { headers: Record<string, string>; body: string };
}

/** A delivery as the API lists it. */
export interface Listed {
  id: string;
  automation: string;
  integration?: string;
  status: string;
  reason?: string;
  created_at: string;
  attempt_count: number;
  facts: { [name: string]: unknown };
}

/** A delivery as the API shows it by itself. */
export type Delivery = Listed & { attempts: Attempt[] };

export interface Observed {
  hasFaults: boolean;
  /** Whether functions of an older version took part. */
  isMixed: boolean;
  /** Whether functions may stand still for seconds between any two calls of an attempt. */
  mayStandStill: boolean;
  /** Times from when on nothing went wrong any more, each with the moment when everything had come to rest. */
  phases: { quietFromMs: number; restAtMs: number | undefined }[];
  /** When everything old came once more, and some deliveries were sent again. */
  laterFromMs: number;
  automations: Automation[];
  integrations: Integration[];
  accessTokens: Secret[];
  accepted: Accepted[];
  posts: Post[];
  /** As the API tells it in the end, and as it told it before everything old came once more. */
  history: Delivery[];
  historyBefore: Listed[];
  /** Deliveries that users sent again. */
  resent: string[];
  /** What is left in the queues, and in the dead-letter queue of events. */
  left: { events: number; deliveries: number; deadEvents: number; outdated: number };
  /** Runs and collections whose messages went through the dead-letter queue, by their names: their order is lost. */
  overtaken: string[];
  /** The reasons of dead records, and how many messages were really broken. */
  deadRecords: string[];
  brokenMessages: number;
}
