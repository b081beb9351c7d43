// G9, G18 and the secrets: what must not happen later than so.
import { EFFECT_MS, endOf } from './firings.ts';
import type { Attempt, Observed, Post } from './observed.ts';
import { groupBy, saidBy } from './occurrence.ts';

/** What lies between the last look at something and the request that goes out: a few slow calls. */
const ON_THE_WAY_MS = 6_000;
/** Where functions stand still: as long as one may run. */
const LONGEST_ON_THE_WAY_MS = 60_000;

const onTheWayMs = ({ mayStandStill }: Observed) => (mayStandStill ? LONGEST_ON_THE_WAY_MS : ON_THE_WAY_MS);

/** Without faults, a receiver that does well hears of an event within this time, whatever others do. */
const PROMPT_MS = 5_000;
/** And so much later for each request that it got meanwhile beyond the ten that go at once, each of less than a second. */
const IN_LINE_MS = 100;

export function timing(observed: Observed): string[] {
  return [stopped, outdated, waiting, early, gone, edited, crowded, expired].flatMap((part) =>
    part(observed),
  );
}

/** Of an automation that was switched off or deleted nothing goes out any more. */
function stopped(observed: Observed): string[] {
  const { automations, posts } = observed;
  return automations.flatMap((automation) => {
    const last = automation.changes.at(-1);
    if (last?.kind !== 'disable' && last?.kind !== 'delete') return [];
    const endMs = endOf(automation) + EFFECT_MS + onTheWayMs(observed);
    const late = posts.find((post) => saidBy(post).automation === automation.id && post.arrivedAtMs > endMs);
    return late ? [`G18: ${automation.id} was posted after it was stopped (${last.kind})`] : [];
  });
}

/** A secret that was replaced is used no more. */
function outdated(observed: Observed): string[] {
  const { posts, accessTokens } = observed;
  const isInForce = ({ headers, arrivedAtMs }: Post) =>
    accessTokens.some(({ value, askedAtMs }, at) => {
      const endMs = (accessTokens[at + 1]?.answeredAtMs ?? Number.POSITIVE_INFINITY) + onTheWayMs(observed);
      return (
        headers['authorization'] === `Bearer ${value}` && askedAtMs <= arrivedAtMs && arrivedAtMs <= endMs
      );
    });
  return posts.every(isInForce) ? [] : ['contract 6: a request carried a secret that was not in force'];
}

function waiting(observed: Observed): string[] {
  const { hasFaults, integrations, automations, accepted, laterFromMs } = observed;
  const posts = observed.posts.filter(({ arrivedAtMs }) => arrivedAtMs < laterFromMs);
  if (hasFaults) return [];
  const prompt = integrations.filter(({ isPrompt }) => isPrompt);
  const firsts = new Map<string, Post>();
  for (const post of posts) if (!firsts.has(saidBy(post).delivery)) firsts.set(saidBy(post).delivery, post);
  return [...firsts.values()].flatMap((post) => {
    const { automation: id, event } = saidBy(post);
    const isPrompt = prompt.some(({ url }) => url === post.url);
    const isHeld = automations.find((one) => one.id === id)?.supersede ?? true;
    // One that was posted again may have met its automation only then.
    const copies = accepted.filter((one) => one.event.id === event && one.postedAtMs <= post.arrivedAtMs);
    const tookMs = Math.min(...copies.map(({ acceptedAtMs }) => post.arrivedAtMs - acceptedAtMs));
    const inLine = posts.filter(({ url, arrivedAtMs: atMs }) => {
      return url === post.url && atMs < post.arrivedAtMs && atMs >= post.arrivedAtMs - tookMs;
    });
    const allowedMs = PROMPT_MS + Math.max(0, inLine.length - AT_ONCE) * IN_LINE_MS;
    if (!isPrompt || isHeld || copies.length === 0 || tookMs <= allowedMs) return [];
    return [`G9: ${event} reached ${post.url} after ${tookMs} ms`];
  });
}

/** How long to wait after each failed attempt, at least. */
const DELAYS_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
const APART_MS = 4_000;

function early({ history, posts, resent }: Observed): string[] {
  const heard = groupBy(
    posts.filter(({ isHeard }) => isHeard),
    ({ headers }) => headers['webhook-id'] ?? '',
  );
  return history
    .filter(({ id }) => !resent.includes(id))
    .filter(({ id, attempts }) => {
      const inOrder = attempts.toSorted((a, b) => a.number - b.number);
      return isHasty(inOrder) || isDeaf(inOrder, heard.get(id) ?? []);
    })
    .map(({ id }) => `contract 5: ${id} was tried again too early`);
}

const countsForNothing = ({ probe, outcome }: Attempt) => probe === true && outcome === 'failed';

const endOfAttempt = ({ started_at: startedAt, duration_ms: tookMs }: Attempt) =>
  Date.parse(startedAt) + tookMs;

/** Of an unknown one nobody knows whether anything was sent. */
const isNext = (last: Attempt, next: Attempt) =>
  last.outcome === 'failed' && next.outcome !== 'unknown' && next.number === last.number + 1;

function isHasty(attempts: Attempt[]): boolean {
  return attempts.some((next, at) => {
    const last = attempts[at - 1];
    if (!last || !isNext(last, next) || countsForNothing(last)) return false;
    const counted = attempts.slice(0, at).filter((one) => !countsForNothing(one)).length;
    return Date.parse(next.started_at) < endOfAttempt(last) + (DELAYS_S[counted - 1] ?? 0) * 1_000 - APART_MS;
  });
}

/** Whether one came before the moment that the receiver had asked for, as the sender knew. */
function isDeaf(attempts: Attempt[], posts: Post[]): boolean {
  return attempts.some((next, at) => {
    const last = attempts[at - 1];
    if (!last || !isNext(last, next)) return false;
    const answer = posts.find(({ endedAtMs }) => Math.abs(endedAtMs - endOfAttempt(last)) < APART_MS);
    return Date.parse(next.started_at) < endOfAttempt(last) + (answer?.retryAfterMs ?? 0) - APART_MS;
  });
}

/** 410 disables an integration; with faults it may take another request until that is done. */
function gone({ hasFaults, posts }: Observed): string[] {
  if (hasFaults) return [];
  const ends = new Map(
    posts.filter(({ status }) => status === 410).map(({ url, endedAtMs }) => [url, endedAtMs]),
  );
  const late = posts.find(({ url, arrivedAtMs }) => arrivedAtMs > (ends.get(url) ?? Infinity) + 1_000);
  return late ? [`contract 5: ${late.url} answered 410 and got another request`] : [];
}

/**
 * The action is that of the revision that fired: soon after an edit the old one no more, and before it, or for what had
 * fired before it, not the new one.
 */
function edited({ automations, posts, accepted, history }: Observed): string[] {
  const firedAtMs = new Map(history.map(({ id, created_at }) => [id, Date.parse(created_at)]));
  return automations.flatMap(({ id, changes }) => {
    const edit = changes.find(({ kind }) => kind === 'edit action');
    if (!edit) return [];
    const isWrong = (post: Post) => {
      const { automation, event, mark, delivery } = saidBy(post);
      if (automation !== id) return false;
      const postedAtMs = accepted.find((one) => one.event.id === event)?.postedAtMs ?? 0;
      const atMs = Math.min(post.arrivedAtMs, (firedAtMs.get(delivery) ?? Infinity) + APART_MS);
      return mark === 'other' ? atMs < edit.askedAtMs : postedAtMs > edit.answeredAtMs + EFFECT_MS;
    };
    return posts.some(isWrong) ? [`contract 5: ${id} sent the action of another revision`] : [];
  });
}

const AT_ONCE = 10;

/** No more than ten requests at a time go through an integration. */
function crowded({ integrations, posts }: Observed): string[] {
  return integrations.flatMap(({ url }) => {
    const own = posts.filter((post) => post.url === url);
    const isCrowded = ({ arrivedAtMs }: Post) =>
      own.filter((other) => other.arrivedAtMs <= arrivedAtMs && arrivedAtMs < other.endedAtMs).length >
      AT_ONCE;
    return own.length > AT_ONCE && own.some(isCrowded)
      ? [`docs/deliveries: more than ten requests at a time to ${url}`]
      : [];
  });
}

/** No attempt begins later than the automation allows. */
function expired(observed: Observed): string[] {
  const { automations, posts, accepted, resent } = observed;
  return automations.flatMap(({ id, expiresAfterSeconds }) => {
    if (expiresAfterSeconds === undefined) return [];
    const isLate = (post: Post) => {
      const { automation, event, delivery } = saidBy(post);
      if (automation !== id || resent.includes(delivery)) return false;
      const times = accepted.filter((one) => one.event.id === event).map(({ acceptedAtMs }) => acceptedAtMs);
      return (
        post.arrivedAtMs > Math.max(...times) + expiresAfterSeconds * 1_000 + APART_MS + onTheWayMs(observed)
      );
    };
    return posts.some(isLate) ? [`contract 5: ${id} sent what had expired`] : [];
  });
}
