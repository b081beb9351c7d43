import type { Change } from '../core/audit.ts';
import { digest } from '../core/id.ts';
import type { Watch } from '../core/watch.ts';

/*
 * Every key shape of the table, and who reads it how.
 *
 * | item          | pk                    | sk                          | read by                                |
 * |---------------|-----------------------|-----------------------------|----------------------------------------|
 * | team          | ORGANIZATION          | TEAM#<team>                 | get; list                              |
 * | member of     | TEAM#<team>           | <NOUN>#<id>                 | list a team's automations, …; a hint   |
 * | name taken    | <PARTITION>           | NAME#<noun>#<name>          | put if absent                          |
 * | secret        | TEAM#<team>           | SECRET#<name>               | get; list                              |
 * | loose value   | LOOSE#<team>          | VALUE#<secret id>           | list; a value that may have no entry   |
 * | api key       | KEY#<id>              | KEY                         | get                                    |
 * | integration   | INTEGRATION#<id>      | INTEGRATION                 | get                                    |
 * | health        | INTEGRATION#<id>      | HEALTH                      | get; update by attribute               |
 * | head          | AUTOMATION#<id>       | HEAD                        | get; the truth about an automation     |
 * | revision      | AUTOMATION#<id>       | REVISION#<n>                | get; never changed                     |
 * | activity      | AUTOMATION#<id>       | ACTIVITY                    | get; add                               |
 * | change feed   | CHANGES               | FEED                        | get, before a cache is trusted         |
 * | watch         | SCOPE#<scope>         | WATCH#<event>#<metric>#<id> | query by scope; a hint                 |
 * | sighting      | SCOPE#<scope>         | SEEN#<event>#<metric>       | get                                    |
 * | ended run     | ENDED#<project>#<met> | <time>#<run>                | query, newest first                    |
 * | run state     | RUN#<team/project/run>| STATE                       | get; put if version                    |
 * | delivery      | DELIVERY#<id>         | DELIVERY                    | get; put if absent; lease; settle      |
 * | attempt       | DELIVERY#<id>         | ATTEMPT#<nnnn>              | get; query, newest first               |
 * | resend        | RESEND#<id>           | RESEND                      | get; update if version                 |
 * | newest        | NEWEST#<automation>   | <digest of the subject>     | put if newest; claim                   |
 * | minute        | MINUTE#<automation>   | <time>                      | add if there is room                   |
 * | held back     | HELD#<automation>     | <time>#<delivery>           | count                                  |
 * | pace          | PACE#<channel>        | PACE                        | reserve a turn                         |
 * | audit entry   | AUDIT#<team>, AUDIT#  | <time>#<id>                 | put if absent; query, newest first     |
 * | same request  | REQUEST#<key>         | <digest>                    | put if absent; what a creation did     |
 * | registry      | ORGANIZATION          | REGISTRY#<name>             | get; list                              |
 * | dead record   | DEAD                  | <time>#<message id>         | an operator                            |
 *
 * A hint may outlive what it points to and is checked against it; it is written before, so it never lacks.
 *
 * Indexes (keys only): due (dueShard, sweepAt) for what the sweeper must look after; by-team and by-automation
 * (team or automationId, historyAtMs) for the history of deliveries, which alone have a historyAtMs.
 */

export type ItemKey = { pk: string; sk: string };

const MAX_SORT_KEY_BYTES = 1_024;

/** A sort key around a name, or around its digest where DynamoDB would not take the name: 256 characters may be 1,024 bytes. */
function around(before: string, name: string, after = ''): string {
  const whole = `${before}${name}${after}`;
  return Buffer.byteLength(whole) <= MAX_SORT_KEY_BYTES ? whole : `${before}${digest(name)}${after}`;
}

export type Noun = 'AUTOMATION' | 'INTEGRATION' | 'KEY';

export const teamKey = (team: string): ItemKey => ({ pk: 'ORGANIZATION', sk: `TEAM#${team}` });
export const teamPartition = (team: string) => `TEAM#${team}`;
export const memberKey = (team: string, noun: Noun, id: string): ItemKey => ({
  pk: teamPartition(team),
  sk: `${noun}#${id}`,
});
const NAME_PREFIX = 'NAME#';
export const nameKey = (partition: string, noun: string, name: string): ItemKey => ({
  pk: partition,
  sk: around(`${NAME_PREFIX}${noun}#`, name),
});
export const secretKey = (team: string, name: string): ItemKey => ({
  pk: teamPartition(team),
  sk: `SECRET#${name}`,
});
export const looseValueKey = (team: string, secretId: string): ItemKey => ({
  pk: `LOOSE#${team}`,
  sk: `VALUE#${secretId}`,
});
export const apiKeyKey = (id: string): ItemKey => ({ pk: `KEY#${id}`, sk: 'KEY' });
export const integrationKey = (id: string): ItemKey => ({ pk: `INTEGRATION#${id}`, sk: 'INTEGRATION' });
export const healthKey = (id: string): ItemKey => ({ pk: integrationKey(id).pk, sk: 'HEALTH' });
export const headKey = (id: string): ItemKey => ({ pk: `AUTOMATION#${id}`, sk: 'HEAD' });
export const REVISION_PREFIX = 'REVISION#';
export const revisionKey = (id: string, revision: number): ItemKey => ({
  pk: headKey(id).pk,
  sk: `${REVISION_PREFIX}${String(revision).padStart(6, '0')}`,
});

export const scopePartition = (scopeKey: string) => `SCOPE#${scopeKey}`;
export const WATCH_PREFIX = 'WATCH#';
export const watchKey = ({ scopeKey, event, metric }: Watch, id: string): ItemKey => ({
  pk: scopePartition(scopeKey),
  sk: around(`${WATCH_PREFIX}${event}#`, metric, `#${id}`),
});
export const sightingKey = ({ scopeKey, event, metric }: Watch): ItemKey => ({
  pk: scopePartition(scopeKey),
  sk: around(`SEEN#${event}#`, metric),
});
export const changeFeedKey: ItemKey = { pk: 'CHANGES', sk: 'FEED' };
export const activityKey = (id: string): ItemKey => ({ pk: headKey(id).pk, sk: 'ACTIVITY' });

export const endedRunsPartition = (of: { team: string; project: string; metric: string }) =>
  `ENDED#${of.team}/${of.project}#${of.metric}`;
export const endedRunKey = (
  of: { team: string; project: string; metric: string },
  endedAtMs: number,
  run: string,
): ItemKey => ({ pk: endedRunsPartition(of), sk: `${new Date(endedAtMs).toISOString()}#${run}` });

export const RUN_PREFIX = 'RUN#';
export const runKey = (team: string, project: string, run: string): ItemKey => ({
  pk: `${RUN_PREFIX}${team}/${project}/${run}`,
  sk: 'STATE',
});
export const DELIVERY_PREFIX = 'DELIVERY#';
export const deliveryKey = (id: string): ItemKey => ({ pk: `${DELIVERY_PREFIX}${id}`, sk: 'DELIVERY' });
export const ATTEMPT_PREFIX = 'ATTEMPT#';
export const attemptKey = (id: string, number: number): ItemKey => ({
  pk: deliveryKey(id).pk,
  sk: `${ATTEMPT_PREFIX}${String(number).padStart(4, '0')}`,
});

export const RESEND_PREFIX = 'RESEND#';
export const resendKey = (id: string): ItemKey => ({ pk: `${RESEND_PREFIX}${id}`, sk: 'RESEND' });

export const newestKey = (automationId: string, subject: string): ItemKey => ({
  pk: `NEWEST#${automationId}`,
  sk: digest(subject).slice(0, 32),
});
export const minuteKey = (automationId: string, minuteMs: number): ItemKey => ({
  pk: `MINUTE#${automationId}`,
  sk: new Date(minuteMs).toISOString(),
});
export const heldBackPartition = (automationId: string) => `HELD#${automationId}`;
export const heldBackKey = (automationId: string, minuteMs: number, deliveryId: string): ItemKey => ({
  pk: heldBackPartition(automationId),
  sk: `${new Date(minuteMs).toISOString()}#${deliveryId}`,
});
export const paceKey = (channel: string): ItemKey => ({
  pk: `PACE#${digest(channel).slice(0, 32)}`,
  sk: 'PACE',
});

export const registryKey = (name: string): ItemKey => ({ pk: 'ORGANIZATION', sk: `REGISTRY#${name}` });
/** The list of a team, or without one that of all. */
export const auditPartition = (team: string | undefined) => `AUDIT#${team ?? ''}`;
export const auditKey = (team: string | undefined, { id, atMs }: Pick<Change, 'id' | 'atMs'>): ItemKey => ({
  pk: auditPartition(team),
  sk: `${new Date(atMs).toISOString()}#${id}`,
});
export const requestKey = (callerId: string, text: string): ItemKey => ({
  pk: `REQUEST#${callerId}`,
  sk: digest(text),
});

export const deadRecordKey = (time: string, messageId: string): ItemKey => ({
  pk: 'DEAD',
  sk: `${time}#${messageId}`,
});

const DUE_SHARDS = 16;

/** The shards of the due index; the sweeper reads them all. */
export const dueShards = Array.from({ length: DUE_SHARDS }, (_, shard) => `due#${shard}`);

/** An item always stands in the same shard. */
export function dueShardOf(pk: string): string {
  return `due#${Number.parseInt(digest(pk).slice(0, 2), 16) % DUE_SHARDS}`;
}

/** Whether an item is something that people set up, and not what events left behind. */
export function isConfiguration({ pk, sk }: ItemKey): boolean {
  if (/^(ORGANIZATION$|TEAM#|KEY#|AUDIT#)/.test(pk)) return true;
  if (pk.startsWith('INTEGRATION#')) return sk === 'INTEGRATION';
  if (pk.startsWith('AUTOMATION#')) return sk === 'HEAD' || sk.startsWith(REVISION_PREFIX);
  return pk.startsWith('SCOPE#') && (sk.startsWith(WATCH_PREFIX) || sk.startsWith(NAME_PREFIX));
}

/** The id of the automation, integration or key that an item of configuration is a part of; undefined for all else. */
export function wholeOf({ pk, sk, ownerId }: ItemKey & { ownerId?: unknown }): string | undefined {
  if (sk.startsWith(NAME_PREFIX)) return ownerId as string | undefined;
  if (sk.startsWith(WATCH_PREFIX)) return sk.slice(sk.lastIndexOf('#') + 1);
  const named = pk.startsWith(teamPartition('')) ? sk : pk;
  return /^(?:AUTOMATION|INTEGRATION|KEY)#(.+)$/.exec(named)?.[1];
}
