import type { Action } from './action.ts';
import type { Head, Revision } from './automation.ts';
import type { Delivery, Facts, Notice } from './delivery.ts';
import { derivedId } from './id.ts';
import type { Integration } from './integration.ts';

/** Stands in history where other deliveries name their automation. */
const NOTICE_AUTOMATION = 'signalbox';

/** The delivery that tells a team, through another integration, that this one was disabled. Derived: told once. */
export function noticeDelivery(notice: Notice, through: Integration, nowMs: number): Delivery {
  return {
    id: derivedId('dlv', 'notice', notice.integrationId, notice.reason, String(notice.sinceMs)),
    automationId: NOTICE_AUTOMATION,
    revision: 0,
    team: through.team,
    action: through.type,
    integrationId: through.id,
    facts: factsOf(notice),
    receivedAtMs: nowMs,
    createdAtMs: nowMs,
    depth: 0,
    notice,
  };
}

/** What a notice says. */
export function noticeText({ integrationName, integrationId, reason, sinceMs }: Notice): string {
  const since = new Date(sinceMs).toISOString();
  const why =
    reason === 'gone'
      ? 'its receiver is gone for good (it answered 410 Gone or, where it is Slack, an error such as token_revoked)'
      : `all deliveries through it failed since ${since}`;
  return `Signalbox disabled the integration ${integrationName} (${integrationId}): ${why}. Deliveries through it are skipped until it is enabled again.`;
}

/** What `prepare` renders for a notice, in the place of an automation's revision. */
export function noticeRevision(delivery: Delivery): { head: Head; revision: Revision } {
  const { automationId, revision, team, integrationId = '', createdAtMs, action } = delivery;
  const definition = {
    name: 'Signalbox',
    description: '',
    team,
    scope: { kind: 'team', team },
    trigger: { event: 'custom.signalbox', filter: {} },
    action: action === 'slack' ? slackNotice(integrationId) : noticeAction(integrationId),
  } as Revision['definition'];
  const times = { createdAtMs, updatedAtMs: createdAtMs };
  return {
    head: { id: automationId, team, revision, enabled: true, version: 0, ...times },
    revision: {
      automationId,
      revision,
      definition,
      savedAtMs: createdAtMs,
      triggerSavedAtMs: createdAtMs,
      savedBy: '',
    },
  };
}

/** Its words are said as what happened (see `prepare`). */
function slackNotice(integration: string): Action {
  return { type: 'slack', integration, title: '', message: '', severity: 'WARN' };
}

/** The notice's words go in as values: an integration's name must not be read as a template. */
function noticeAction(integration: string): Action {
  const names = ['id', 'name', 'reason', 'since'].map((name) => [name, `\${disabled_${name}}`]);
  const payload = {
    type: 'integration.disabled',
    text: `\${notice}`,
    integration: Object.fromEntries(names),
  };
  return { type: 'webhook', integration, payload };
}

function factsOf(notice: Notice): Facts {
  return {
    automation_name: 'Signalbox',
    notice: noticeText(notice),
    disabled_id: notice.integrationId,
    disabled_name: notice.integrationName,
    disabled_reason: notice.reason,
    disabled_since: new Date(notice.sinceMs).toISOString(),
  };
}
