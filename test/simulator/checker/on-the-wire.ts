// G3, G5: what receivers saw against what the history tells.
import type { Attempt, Delivery, Observed, Post } from './observed.ts';
import { groupBy, isNotice, occurrenceOf, occurrenceOfPost, saidBy } from './occurrence.ts';

/** Clocks may be this far apart. */
const APART_MS = 4_000;

const idOf = ({ headers }: Post) => headers['webhook-id'] ?? '';

export function onTheWire(observed: Observed): string[] {
  const posts = groupBy(observed.posts, idOf);
  const known = new Map(observed.history.map((delivery) => [delivery.id, delivery]));
  const strangers = [...posts.keys()].filter((id) => !known.has(id));
  return [
    ...strangers.map((id) => `G5: a receiver saw ${id}, which the history does not know`),
    ...ids(observed.posts),
    ...observed.history.flatMap((delivery) => {
      const seen = posts.get(delivery.id) ?? [];
      return [
        ...content(delivery, seen),
        ...attempts(delivery, seen, observed),
        ...repeats(delivery, seen, observed),
        ...overlapping(delivery, seen),
      ];
    }),
  ];
}

/** One occurrence of an automation has one webhook-id. */
function ids(posts: Post[]): string[] {
  const ofAutomations = posts.filter((post) => !isNotice(post));
  const groups = groupBy(ofAutomations, (post) => `${saidBy(post).automation} on ${occurrenceOfPost(post)}`);
  return [...groups]
    .filter(([, group]) => new Set(group.map(idOf)).size > 1)
    .map(([what, group]) => `G3: ${what} came under the ids ${[...new Set(group.map(idOf))].join(', ')}`);
}

function content(delivery: Delivery, posts: Post[]): string[] {
  const isRight = (post: Post) => {
    if (isNotice(post)) return true;
    const said = saidBy(post);
    const isSame = said.automation === delivery.automation && said.delivery === delivery.id;
    return isSame && occurrenceOfPost(post) === occurrenceOf(delivery);
  };
  if (!posts.every(isRight)) return [`G5: ${delivery.id} reached its receiver with other contents`];
  const isOne = new Set(posts.map(({ body }) => body)).size <= 1;
  return isOne ? [] : [`G3: ${delivery.id} was posted with different bodies`];
}

/** Each request belongs to an attempt. */
function attempts(delivery: Delivery, posts: Post[], { resent }: Observed): string[] {
  const { id, attempts: noted, status, integration } = delivery;
  const problems: string[] = [];
  const say = (text: string) => problems.push(`G5: ${id} ${text}`);
  if (posts.length > noted.length)
    say(`was posted ${posts.length} times, with ${noted.length} attempts noted`);
  if (new Set(noted.map(({ number }) => number)).size < noted.length) say('has two attempts of one number');
  if (noted.some(isMisjudged)) say('has an attempt whose outcome is not that of its answer');
  const delivered = noted.filter(({ outcome }) => outcome === 'delivered').length;
  const isEnded = integration !== undefined && !resent.includes(id);
  if (isEnded && delivered > 1) say('was delivered twice');
  if (isEnded && delivered > 0 !== (status === 'delivered'))
    say(`is ${status}, after ${delivered} delivered attempts`);
  return [...problems, ...answers(delivery, posts)];
}

/** Each answer that was noted was given, and each that was given is noted, or its attempt is unknown. */
function answers({ id, attempts: noted }: Delivery, posts: Post[]): string[] {
  const heard = posts.filter(({ isHeard }) => isHeard);
  const unknown = noted.filter(({ outcome }) => outcome === 'unknown').length;
  const claimed = noted.filter(({ http_status }) => http_status !== undefined).length;
  const problems = claimed > heard.length ? [`G5: ${id} notes an answer that nobody gave`] : [];
  for (const [answer, given] of groupBy(heard, (post) => String(post.status))) {
    const told = noted.filter(({ http_status }) => String(http_status) === answer).length;
    const isRight = told <= given.length && given.length - told <= unknown;
    if (!isRight) problems.push(`G5: ${id} got ${answer} ${given.length} times, and notes it ${told} times`);
  }
  return problems;
}

function isMisjudged({ outcome, http_status: status }: Attempt): boolean {
  if (status === undefined) return outcome === 'delivered';
  return (outcome === 'delivered') !== (status >= 200 && status <= 299);
}

/** What was answered by 2xx, and noted so, is not sent again; without faults nothing is sent twice for another reason. */
function repeats(delivery: Delivery, posts: Post[], { hasFaults, resent }: Observed): string[] {
  if (resent.includes(delivery.id)) return [];
  const problems: string[] = [];
  const ended = delivery.attempts.find(({ outcome }) => outcome === 'delivered');
  const isLater = (post: Post) => ended !== undefined && post.arrivedAtMs > endMsOf(ended) + APART_MS;
  if (posts.some(isLater)) problems.push(`G3: ${delivery.id} was posted again after it was delivered`);
  if (hasFaults) return problems;
  const accepted = posts.findIndex(({ status }) => status !== undefined && status < 300);
  if (accepted >= 0 && accepted < posts.length - 1)
    problems.push(`G3: ${delivery.id} was posted twice without a fault`);
  if (posts.length !== delivery.attempts.length) {
    problems.push(
      `G3: ${delivery.id} was posted ${posts.length} times, by ${delivery.attempts.length} attempts`,
    );
  }
  return problems;
}

/** One attempt at a time: however often it is asked for, a delivery is on the wire once. */
function overlapping({ id }: Delivery, posts: Post[]): string[] {
  const isLate = ({ arrivedAtMs }: Post, at: number) =>
    posts.slice(0, at).some(({ endedAtMs }) => endedAtMs > arrivedAtMs);
  return posts.some(isLate) ? [`design 4: ${id} was sent while it was on the wire`] : [];
}

const endMsOf = ({ started_at, duration_ms }: Attempt) => Date.parse(started_at) + duration_ms;
