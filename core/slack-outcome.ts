import { isObject } from './json.ts';
import type { Outcome } from './retry.ts';

/**
 * What becomes of a delivery that Slack answered with this string: `passing` may do better later; `refused` ends it;
 * `gone` ends it, and everything else that is sent this way would end so too.
 */
type Verdict = 'passing' | 'refused' | 'gone';

interface SlackError {
  verdict: Verdict;
  /** What to do about it. */
  advice: string;
}

const OUTAGE = 'Slack has a problem: nothing needs to be done';
const BUG = 'the message is not as Slack wants it: please report this';
const REINSTALL = 'install the app again and set its new bot token';
const ASK_ADMIN = 'ask an admin of the Slack workspace to allow it';
const NEW_WEBHOOK = 'make a new incoming webhook and set its URL';

/**
 * The strings of chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage) and of incoming webhooks
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#errors). Any other string is `refused`.
 */
export const slackErrors: Readonly<Record<string, SlackError>> = {
  ratelimited: { verdict: 'passing', advice: 'we wait as long as Slack says' },
  rate_limited: { verdict: 'passing', advice: 'we wait as long as Slack says' },
  message_limit_exceeded: { verdict: 'passing', advice: 'the workspace has posted too much: we wait' },
  accesslimited: { verdict: 'passing', advice: 'Slack limits access for a while: we wait' },
  internal_error: { verdict: 'passing', advice: OUTAGE },
  fatal_error: { verdict: 'passing', advice: OUTAGE },
  service_unavailable: { verdict: 'passing', advice: OUTAGE },
  request_timeout: { verdict: 'passing', advice: OUTAGE },
  rollup_error: { verdict: 'passing', advice: OUTAGE },
  team_added_to_org: { verdict: 'passing', advice: 'the workspace is being moved: we wait' },
  org_login_required: { verdict: 'passing', advice: 'the workspace is being moved: we wait' },

  channel_not_found: {
    verdict: 'refused',
    advice: 'check the channel; a private one must have invited the app: /invite @app',
  },
  not_in_channel: { verdict: 'refused', advice: 'invite the app into the channel: /invite @app' },
  is_archived: { verdict: 'refused', advice: 'choose another channel, or take this one out of the archive' },
  user_not_found: { verdict: 'refused', advice: 'choose another channel' },
  missing_scope: { verdict: 'refused', advice: 'give the app the scope chat:write and install it again' },
  not_allowed_token_type: { verdict: 'refused', advice: 'set a bot token, which begins with xoxb-' },
  not_authed: { verdict: 'refused', advice: 'set the bot token again' },
  invalid_auth: { verdict: 'refused', advice: REINSTALL },
  token_expired: { verdict: 'refused', advice: REINSTALL },
  no_permission: { verdict: 'refused', advice: ASK_ADMIN },
  access_denied: { verdict: 'refused', advice: ASK_ADMIN },
  team_access_not_granted: { verdict: 'refused', advice: ASK_ADMIN },
  ekm_access_denied: { verdict: 'refused', advice: ASK_ADMIN },
  enterprise_is_restricted: { verdict: 'refused', advice: ASK_ADMIN },
  two_factor_setup_required: { verdict: 'refused', advice: ASK_ADMIN },
  restricted_action: { verdict: 'refused', advice: ASK_ADMIN },
  restricted_action_read_only_channel: { verdict: 'refused', advice: ASK_ADMIN },
  action_prohibited: { verdict: 'refused', advice: ASK_ADMIN },
  posting_to_general_channel_denied: { verdict: 'refused', advice: ASK_ADMIN },
  duplicate_channel_not_found: { verdict: 'refused', advice: 'name the channel by its id' },
  duplicate_message_not_found: { verdict: 'refused', advice: BUG },
  msg_too_long: { verdict: 'refused', advice: BUG },
  msg_blocks_too_long: { verdict: 'refused', advice: BUG },
  attachment_payload_limit_exceeded: { verdict: 'refused', advice: BUG },
  too_many_attachments: { verdict: 'refused', advice: BUG },
  invalid_attachments: { verdict: 'refused', advice: BUG },
  invalid_blocks: { verdict: 'refused', advice: BUG },
  invalid_blocks_format: { verdict: 'refused', advice: BUG },
  invalid_payload: { verdict: 'refused', advice: BUG },
  invalid_arguments: { verdict: 'refused', advice: BUG },
  missing_text_or_fallback_or_attachments: { verdict: 'refused', advice: BUG },
  no_text: { verdict: 'refused', advice: BUG },

  account_inactive: { verdict: 'gone', advice: REINSTALL },
  token_revoked: { verdict: 'gone', advice: REINSTALL },
  channel_is_archived: { verdict: 'gone', advice: NEW_WEBHOOK },
  no_service: { verdict: 'gone', advice: NEW_WEBHOOK },
  no_service_id: { verdict: 'gone', advice: NEW_WEBHOOK },
  no_active_hooks: { verdict: 'gone', advice: NEW_WEBHOOK },
  invalid_token: { verdict: 'gone', advice: NEW_WEBHOOK },
  no_team: { verdict: 'gone', advice: NEW_WEBHOOK },
  team_disabled: { verdict: 'gone', advice: NEW_WEBHOOK },
};

/** An attempt's outcome, with Slack's own string where it gave one. */
export type SlackOutcome = Outcome & { slackError?: string };

/**
 * Judges Slack's answer, of chat.postMessage or of an incoming webhook. Status 200 alone says nothing: `"ok": false` is
 * a refusal. `body` may be cut anywhere behind its first hundred characters: a success repeats the whole message.
 */
export function outcomeOfSlack(status: number, body: string, retryAfterSeconds?: number): SlackOutcome {
  if (status >= 300 && status <= 399) return { kind: 'refused', code: 'redirect', status };
  const answer = saidIn(body);
  const said = answer.error === undefined ? {} : { slackError: answer.error };
  switch (verdictOf(status, answer)) {
    case 'delivered':
      return { kind: 'delivered', status };
    case 'passing': {
      const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      return { kind: 'failed', code: 'http_status', status, ...wait, ...said };
    }
    case 'gone':
      return { kind: 'refused', code: 'gone', status, ...said };
    case 'refused':
      return { kind: 'refused', code: 'http_status', status, ...said };
  }
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

function verdictOf(status: number, { ok, error }: Said): Verdict | 'delivered' {
  if (status >= 500 || PASSING_STATUSES.has(status)) return 'passing';
  if (error !== undefined) return verdictOn(error);
  if (status >= 400) return status === 410 ? 'gone' : 'refused';
  // Anything else with 200 comes from something between us and Slack, or broke off.
  if (ok === undefined) return 'passing';
  return ok ? 'delivered' : 'refused';
}

const verdictOn = (error: string) =>
  (Object.hasOwn(slackErrors, error) && slackErrors[error]?.verdict) || 'refused';

/** What an answer says: nothing, where it is not Slack's. */
interface Said {
  ok?: boolean;
  error?: string;
}

/** What an answer says. One that was cut is read from its begin, where Slack writes `ok` and `error`. */
function saidIn(body: string): Said {
  const [, plain] = PLAIN.exec(body) ?? [];
  if (plain === 'ok') return { ok: true };
  if (plain !== undefined) return STRING.test(plain) ? { error: plain } : {};
  const { ok, error } = jsonIn(body);
  if (typeof ok !== 'boolean') return {};
  return { ok, ...(!ok && typeof error === 'string' && STRING.test(error) && { error }) };
}

function jsonIn(body: string): { ok?: unknown; error?: unknown } {
  try {
    const parsed: unknown = JSON.parse(body.trim());
    return isObject(parsed) ? parsed : {};
  } catch {
    const [, ok, error] = BEGIN.exec(body) ?? [];
    return ok === undefined ? {} : { ok: ok === 'true', error };
  }
}

/** An incoming webhook's plain answer. A word without an underline may be anybody's, but for these. */
const PLAIN = /^\s*(ok|[a-z]+(?:_[a-z]+)+|ratelimited|accesslimited)\s*$/;
/** What Slack's strings look like: anything else in their place is not shown. */
const STRING = /^[a-z0-9_]{2,64}$/;
const BEGIN = /^\s*\{\s*"ok"\s*:\s*(true|false)\b(?:\s*,\s*"error"\s*:\s*"([a-z0-9_]{2,64})")?/;

/** Slack's own string in what it answered, where it gave one. */
export function slackErrorIn(body: string): string | undefined {
  return saidIn(body).error;
}

/** What to do about an error of Slack's. */
export function adviceFor(slackError: string): string {
  const known = Object.hasOwn(slackErrors, slackError) ? slackErrors[slackError] : undefined;
  return known?.advice ?? "look it up among the errors of Slack's method chat.postMessage";
}
