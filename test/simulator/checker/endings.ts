// G1, G6, G17: everything ends, nothing is left, and what ended stays so.
import { cameBeforeEnabling } from './firings.ts';
import type { Automation, Delivery, Integration, Observed } from './observed.ts';

/** A delivery ends within five days; a request of the late ones comes up to 29 hours into the quiet. */
const LONGEST_MS = 7 * 86_400_000;

export function endings(observed: Observed): string[] {
  return [
    ...rest(observed),
    ...left(observed),
    ...later(observed),
    ...observed.history.flatMap((one) => ending(one, observed)),
  ];
}

function rest({ phases }: Observed): string[] {
  return phases.flatMap(({ quietFromMs, restAtMs }) => {
    if (restAtMs === undefined) return ['G6: it never comes to rest'];
    return restAtMs - quietFromMs > LONGEST_MS ? ['G6: it takes longer than a week to come to rest'] : [];
  });
}

function left({ left: kept, deadRecords, brokenMessages }: Observed): string[] {
  const problems = Object.entries(kept)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `G1: ${count} messages left: ${what}`);
  if (brokenMessages === 0 && deadRecords.length > 0) problems.push(`G1: a dead record: ${deadRecords[0]}`);
  if (brokenMessages > 0 && deadRecords.length === 0)
    problems.push('G1: a broken message left no dead record');
  return problems;
}

/**
 * What comes once more, up to four weeks later, changes nothing. Only what came when an automation was enabled again, and
 * not everybody knew that yet, may fire it now.
 */
function later(observed: Observed): string[] {
  const { history, historyBefore, posts, automations, resent, laterFromMs } = observed;
  const wasJustEnabled = ({ automation: id, facts }: Delivery) => {
    const automation = automations.find((one) => one.id === id);
    if (automation?.changes.at(-1)?.kind !== 'enable') return false;
    return !cameBeforeEnabling(automation, String(facts['event_id']), observed);
  };
  const before = new Map(historyBefore.map(({ id, status }) => [id, status]));
  const fired = history.filter(({ id }) => !before.has(id));
  const wrongly = fired.filter((one) => !wasJustEnabled(one) && !isNotice(one));
  const changed = history.filter(
    ({ id, status }) => !resent.includes(id) && (before.get(id) ?? status) !== status,
  );
  const mayBePosted = [...resent, ...fired.map(({ id }) => id)];
  const late = posts.filter(
    ({ headers, arrivedAtMs }) =>
      arrivedAtMs >= laterFromMs && !mayBePosted.includes(headers['webhook-id'] ?? ''),
  );
  return [
    ...wrongly.map(({ automation }) => `G17: ${automation} fired when old messages came again`),
    ...changed.map(({ id, status }) => `G17: ${id} became ${status} when old messages came again`),
    ...(history.length - fired.length < historyBefore.length ? ['G17: deliveries are gone'] : []),
    ...(late.length > 0 ? [`G17: ${late.length} requests when old messages came again`] : []),
  ];
}

function ending(delivery: Delivery, observed: Observed): string[] {
  const { id, status, reason = '' } = delivery;
  if (status === 'pending') return [`G6: ${id} is pending for ever`];
  if (status === 'delivered') return [];
  const automation = observed.automations.find((one) => one.id === delivery.automation);
  const integration = observed.integrations.find((one) => one.id === delivery.integration);
  if (!automation || !integration) return isNotice(delivery) ? [] : [`G5: ${id} is of nobody`];
  const isAllowed =
    reasons[`${status} ${reason}`]?.({ delivery, automation, integration, observed }) ?? false;
  return isAllowed ? [] : [`G1: ${id} (${automation.trigger.event}) is ${status}: ${reason}`];
}

/** What tells that an integration was disabled has no automation. */
function isNotice({ automation }: Delivery): boolean {
  return automation === 'signalbox';
}

interface Case {
  delivery: Delivery;
  automation: Automation;
  integration: Integration;
  observed: Observed;
}

/** When a delivery may end so. */
const reasons: Record<string, (one: Case) => boolean> = {
  'failed attempts_used_up': ({ delivery }) => delivery.attempt_count >= 8,
  'failed http_status': ({ integration }) => integration.refuses,
  'failed redirect': ({ integration }) => integration.refuses,
  'failed gone': ({ integration }) => integration.refuses,
  'failed waited_5_days': ({ integration }) => !integration.endsWell,
  'skipped disabled': ({ automation, integration, observed }) =>
    automation.changes.length > 0 || integration.mayBeDisabled || failedForDays(integration, observed),
  'skipped expired': ({ automation }) => automation.expiresAfterSeconds !== undefined,
  'skipped superseded': ({ automation }) => automation.supersede,
  'skipped rate': ({ automation, observed }) =>
    observed.history.filter((one) => one.automation === automation.id).length > automation.maxPerMinute,
};

const DAYS_TO_DISABLE_MS = 5 * 86_400_000;
const ATTEMPTS_TO_DISABLE = 10;
/** An attempt counts from its end, and is noted with its beginning; clocks are apart as well. */
const UNSURE_MS = 30_000;

/** Whether so many attempts through an integration, over five days, brought nothing, also if little was tried between. */
function failedForDays({ id }: Integration, { history }: Observed): boolean {
  const attempts = history
    .filter(({ integration }) => integration === id)
    .flatMap((delivery) => delivery.attempts)
    .map(({ outcome, started_at }) => ({
      isDelivered: outcome === 'delivered',
      atMs: Date.parse(started_at),
    }))
    .sort((a, b) => a.atMs - b.atMs);
  let since: number[] = [];
  return attempts.some(({ isDelivered, atMs }) => {
    since = isDelivered ? [] : [...since, atMs];
    const [firstMs = atMs] = since;
    return since.length >= ATTEMPTS_TO_DISABLE && atMs - firstMs >= DAYS_TO_DISABLE_MS - UNSURE_MS;
  });
}
