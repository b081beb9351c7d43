// Bugs in the design, as somebody might make them: each is an edit of the product, made while it is bundled.
import type { Edit } from './bundle.ts';

export interface PlantedBug {
  name: string;
  edits: Edit[];
  /** Where another defence makes up for it, so that nobody can see it from outside: which one. */
  redundant?: string;
}

const DISPATCH = 'lambdas/dispatcher/dispatch.ts';
const DELIVERIES = 'store/deliveries.ts';
const QUEUE = 'lambdas/shared/queue.ts';
const MATCH_BATCH = 'lambdas/matcher/match-batch.ts';
const MATCH_RUN = 'lambdas/matcher/match-run.ts';
const RUNS = 'store/runs.ts';
const ITEMS = 'store/items.ts';
const AUTOMATIONS = 'store/automations.ts';
const SWEEP = 'lambdas/sweeper/sweep.ts';
const TOPOLOGY = 'local/topology.ts';

const bug = (name: string, file: string, from: string, to: string): PlantedBug => ({
  name,
  edits: [{ file, from, to }],
});

/** Something that the design has twice: it is left out here and nobody can see it. */
const spare = (name: string, redundant: string, file: string, from: string, to: string): PlantedBug => ({
  ...bug(name, file, from, to),
  redundant,
});

const queues: PlantedBug[] = [
  bug(
    '202 before the queue has the events',
    'lambdas/ingest/ingest.ts',
    'await deps.enqueue(messages);',
    'deps.enqueue(messages).catch(() => undefined);',
  ),
  bug(
    'what SQS refused of a batch is forgotten',
    QUEUE,
    'if (Failed.length > 0) {',
    'if (Failed.length > 99) {',
  ),
  bug(
    'a deduplication id for each group, not for its events',
    'core/event-message.ts',
    'return { groupId, dedupId, body };',
    'return { groupId, dedupId: groupId, body };',
  ),
  bug(
    'each message is a group of its own',
    QUEUE,
    'MessageGroupId: groupId,',
    'MessageGroupId: dedupId ?? groupId,',
  ),
  bug(
    'the matcher’s mapping does not know of partial failures',
    TOPOLOGY,
    'maxConcurrency: 50, reportBatchItemFailures: true },',
    'maxConcurrency: 50, reportBatchItemFailures: false },',
  ),
  bug(
    'a failed group is not reported',
    MATCH_BATCH,
    'return group.map(({ record }) => record.messageId);\n  }\n}\n\n/** What will',
    'return [];\n  }\n}\n\n/** What will',
  ),
  bug(
    'of a failed group only the first record is reported',
    MATCH_BATCH,
    'return group.map(({ record }) => record.messageId);\n  }\n}\n\n/** What will',
    'return group.slice(0, 1).map(({ record }) => record.messageId);\n  }\n}\n\n/** What will',
  ),
  bug(
    'what can never be worked on is thrown away',
    MATCH_BATCH,
    'await deps.bury(record, (error as Error).message);',
    '',
  ),
  bug(
    'one broken message fails its batch',
    MATCH_BATCH,
    'failed.push(...(await bury(record, error, deps)));',
    'throw error;',
  ),
  bug(
    'the redrive takes a message away and does not send it',
    'lambdas/sweeper/redrive.ts',
    'await deps.send([toMessage(message)]);',
    '',
  ),
  bug(
    'the redrive gives all messages one deduplication id',
    'lambdas/sweeper/redrive.ts',
    'dedupId: `redrive-${messageId}`',
    "dedupId: 'redrive'",
  ),
  bug(
    'the redrive removes a message before it sends it',
    'lambdas/sweeper/redrive.ts',
    'await deps.send([toMessage(message)]);\n      await deps.remove(message);',
    'await deps.remove(message);\n      await deps.send([toMessage(message)]);',
  ),
  bug(
    'no redrive',
    'lambdas/sweeper/redrive.ts',
    'if (received.length === 0) break;',
    'if (received.length >= 0) break;',
  ),
];

const deciding: PlantedBug[] = [
  bug(
    'a delivery’s id is random',
    'core/delivery.ts',
    "derivedId('dlv', automationId, ...parts)",
    "derivedId('dlv', automationId, String(Math.random()), ...parts)",
  ),
  bug(
    'a delivery’s id depends on when its event was received',
    'core/firing.ts',
    'deliveryId(automationId, occurrence);',
    'deliveryId(automationId + receivedAtMs, occurrence);',
  ),
  bug(
    'a delivery’s id depends on the revision',
    'core/firing.ts',
    'deliveryId(automationId, occurrence);',
    'deliveryId(`${automationId} ${revision}`, occurrence);',
  ),
  bug(
    'put-if-absent overwrites',
    ITEMS,
    "    ConditionExpression: 'attribute_not_exists(pk)',\n  });\n  return holds",
    '  });\n  return holds',
  ),
  bug(
    'a run is saved whatever its version',
    RUNS,
    ": '#version = :version',",
    ": '#version = :version OR attribute_exists(pk)',",
  ),
  bug(
    'an outbox is not saved with its run',
    RUNS,
    '...(outbox.length > 0 && { outbox: JSON.stringify(outbox) }),',
    '',
  ),
  bug(
    'an earlier outbox is not flushed',
    MATCH_RUN,
    'if (!(await flushOutbox(name, memory, deps))) return undefined;',
    '',
  ),
  bug(
    'the sweeper leaves outboxes alone',
    SWEEP,
    'memory.outbox.length > 0 && (await flushOutbox(name, memory, deps))',
    'false',
  ),
  bug(
    'decided deliveries are not sent to the queue',
    'lambdas/shared/outbox.ts',
    'if (toSend.length > 0) await deps.sendDeliveries(toSend);',
    '',
  ),
  bug(
    'the outbox is flushed when nobody waits for it',
    MATCH_RUN,
    'await flushOutbox(name, memory, deps);\n  return true;',
    'flushOutbox(name, memory, deps).catch(() => undefined);\n  return true;',
  ),
  bug('run items live for five days', RUNS, 'KEPT_SECONDS = 90 * 24', 'KEPT_SECONDS = 5 * 24'),
  bug('deliveries live for a week', 'store/client.ts', 'historyDays * DAY_SECONDS', '7 * DAY_SECONDS'),
  bug(
    'a save of the action is a save of the trigger',
    'lambdas/admin/automations.ts',
    'sameTrigger ? before.revision.triggerSavedAtMs : nowMs',
    'nowMs',
  ),
  bug(
    'what came while an automation was disabled counts when it is enabled again',
    'lambdas/admin/automations.ts',
    'isEnabledAgain && { enabledAtMs: nowMs }',
    'isEnabledAgain && {}',
  ),
  bug(
    'latches do not survive an edit of the action',
    'core/automation.ts',
    'triggerHash({ scope, trigger }: { scope: Scope; trigger: Trigger }): string {\n  return digest(JSON.stringify([scope, trigger]))',
    'triggerHash(definition: { scope: Scope; trigger: Trigger }): string {\n  return digest(JSON.stringify(definition))',
  ),
];

const watching: PlantedBug[] = [
  bug(
    'the cache of automations is trusted for half an hour',
    'lambdas/shared/watch-cache.ts',
    'TRUSTED_MS = 2_000',
    'TRUSTED_MS = 2_000_000',
  ),
  bug(
    'a change is announced only before its write',
    AUTOMATIONS,
    "return 'stale';\n  await announceChange(table, news);\n  await releaseOldName",
    "return 'stale';\n  await releaseOldName",
  ),
  bug(
    'a deletion is announced only before its write',
    AUTOMATIONS,
    'await announceChange(table, newsOf(id, ...definitions));\n  // All its',
    '// All its',
  ),
  bug(
    'keys that DynamoDB left unprocessed are not asked for again',
    ITEMS,
    'rest = (answer.UnprocessedKeys?.[table.name]?.Keys ?? []) as ItemKey[];',
    'rest = [];',
  ),
  bug(
    'a query ends with its first page',
    ITEMS,
    '} while (start);',
    '} while (start && items.length === 0);',
  ),
  bug(
    'the feed’s last change is overlooked',
    'lambdas/shared/watch-cache.ts',
    'return missed > 0 ? recent.slice(-missed) : [];',
    'return missed > 0 ? recent.slice(-missed, -1) : [];',
  ),
  bug(
    'whether an automation is enabled is not asked when it is sent',
    'lambdas/dispatcher/prepare.ts',
    "if (!head?.enabled) return { ended: 'skipped', reason: 'disabled' };",
    '',
  ),
  bug(
    'the newest revision is sent, not the one that fired',
    'lambdas/dispatcher/prepare.ts',
    'const action = revision?.definition.action;',
    'const action = (await deps.readRevision(delivery.automationId, head.revision))?.definition.action;',
  ),
  bug(
    'a cached revision is taken for every other one',
    'lambdas/dispatcher/revision-cache.ts',
    '`${automationId}#${number}`',
    '`${automationId}`',
  ),
  bug(
    'a cached secret is taken for its next version',
    'lambdas/dispatcher/secret-cache.ts',
    '`${entry.secretId}@${entry.versionId}`',
    '`${entry.secretId}`',
  ),
];

const delivering: PlantedBug[] = [
  bug(
    'a lease is taken from whoever has it',
    DELIVERIES,
    '`#status = :pending AND dueAtMs <= :now AND attempts = :attempts AND ${isAsRead}`',
    '`#status = :pending AND ${isAsRead}`',
  ),
  bug(
    'a lease does not ask whether a delivery is due',
    DELIVERIES,
    '`#status = :pending AND dueAtMs <= :now AND attempts = :attempts AND ${isAsRead}`',
    '`#status = :pending AND attempts = :attempts AND ${isAsRead}`',
  ),
  {
    name: 'a lease does not ask whether a delivery had ended',
    edits: [
      {
        file: DELIVERIES,
        from: "if (before?.['status'] !== 'pending') return undefined;",
        to: 'if (!before) return undefined;',
      },
      {
        file: DELIVERIES,
        from: '`#status = :pending AND dueAtMs <= :now AND',
        to: '`(#status = :pending OR attribute_not_exists(dueAtMs) OR dueAtMs <= :now) AND',
      },
    ],
  },
  bug('a lease does not count its attempt', DELIVERIES, "':attempt': attempt,", "':attempt': attempt - 1,"),
  bug('a lease is shorter than an attempt', DISPATCH, 'LEASE_MS = 75_000', 'LEASE_MS = 5_000'),
  bug(
    'delivered before it is sent',
    DISPATCH,
    'const startedAtMs = deps.now();\n  const result',
    "const startedAtMs = deps.now();\n  await deps.settle(lease.delivery.id, lease.token, { status: 'delivered' });\n  const result",
  ),
  {
    name: 'an attempt is noted after it is settled',
    edits: [
      { file: DISPATCH, from: '  await deps.putAttempt(delivery.id, record);\n', to: '' },
      {
        file: DISPATCH,
        from: "  if (settled && next.status === 'pending' && isNear) await comeBack(lease, next.dueAtMs, deps);\n  deps.log({\n    stage: 'delivery.attempted',",
        to: "  await deps.putAttempt(delivery.id, record);\n  if (settled && next.status === 'pending' && isNear) await comeBack(lease, next.dueAtMs, deps);\n  deps.log({\n    stage: 'delivery.attempted',",
      },
    ],
  },
  bug(
    'a lost attempt leaves no trace',
    DISPATCH,
    'if (!lost) return false;',
    'if (lost || !lost) return false;',
  ),
  bug(
    'an attempt that was noted is made again',
    DISPATCH,
    'if (!noted || !outcome) return false;',
    'if (noted || !outcome) return false;',
  ),
  bug(
    'only the last attempt is looked at after a crash',
    DISPATCH,
    'number > uncounted && outcome',
    'number === lost.number && outcome',
  ),
  bug(
    'a settlement whose answer got lost is none',
    DISPATCH,
    'await deps.settle(id, token, { ...settlement, attempts: attempt - 1 });\n  return true;',
    'return deps.settle(id, token, { ...settlement, attempts: attempt - 1 });',
  ),
  bug(
    'what waits for a retry leaves the due index',
    DELIVERIES,
    "return status === 'pending' ? lease :",
    "return status === 'pending' ? [...lease, 'dueShard'] :",
  ),
  bug(
    'the sweeper marks what is due and does not send it',
    SWEEP,
    'await deps.send([deliveryMessage(delivery, secondsHeld(delivery, nowMs))]);',
    '',
  ),
  bug('the sweeper reads half of the shards', 'store/due.ts', 'dueShards.map(', 'dueShards.slice(0, 8).map('),
  bug(
    'an outage on our side ends a delivery',
    DISPATCH,
    "...{ status: 'pending', dueAtMs, sweepAtMs: dueAtMs },",
    "...({ status: 'failed', reason: 'outage' } as never),",
  ),
  bug(
    'webhook-id is that of the attempt',
    'core/actions/webhook.ts',
    'deliveryId: delivery.id,',
    'deliveryId: delivery.id + timestampSeconds,',
  ),
  bug(
    '5xx counts as delivered',
    'core/retry.ts',
    'if (status >= 200 && status <= 299)',
    'if (status === 500 || (status >= 200 && status <= 299))',
  ),
  bug(
    'a timeout ends a delivery',
    'core/retry.ts',
    "if (outcome.kind === 'refused') return",
    "if (outcome.kind === 'refused' || outcome.code === 'timeout') return",
  ),
  bug(
    'a retry comes at once',
    DISPATCH,
    "{ status: 'pending', dueAtMs: next.retryAt };",
    "{ status: 'pending', dueAtMs: deps.now() };",
  ),
  bug('who is asked twice is counted twice', 'store/storms.ts', ' OR contains(admitted, :one)', ''),
  bug(
    'an older delivery follows a newer one',
    'store/newest.ts',
    "'newest = :mine AND (attribute_not_exists(busyUntilMs) OR busyUntilMs <= :now)'",
    "'attribute_not_exists(busyUntilMs) OR busyUntilMs <= :now'",
  ),
  bug(
    'two requests on one subject at a time',
    'store/newest.ts',
    "'newest = :mine AND (attribute_not_exists(busyUntilMs) OR busyUntilMs <= :now)'",
    "'newest = :mine'",
  ),
  bug(
    'an integration that is gone gets more',
    'core/flow.ts',
    "if (state === 'disabled') return { disabled: true };",
    '',
  ),
  bug('a hundred requests at a time', 'core/flow.ts', 'MAX_IN_FLIGHT = 10', 'MAX_IN_FLIGHT = 100'),
  bug(
    'a place may be taken twice',
    'store/health.ts',
    'ConditionExpression: `${isFree} AND ${isSame}`,',
    'ConditionExpression: isSame,',
  ),
  bug(
    'an expired delivery goes out',
    'lambdas/dispatcher/admit.ts',
    "if (atMs > expiresAtMs) return { ended: 'skipped', reason: 'expired' };",
    '',
  ),
  bug(
    'Retry-After is not honoured',
    'core/retry.ts',
    'Math.max(delaySeconds, outcome.retryAfterSeconds ?? 0)',
    'delaySeconds',
  ),
  bug(
    'a no-op waits to be sent',
    DELIVERIES,
    "...(delivery.action === 'no_op'",
    "...((delivery.action as string) === ''",
  ),
];

const spares: PlantedBug[] = [
  spare(
    'whether a delivery had ended is asked by the lease’s write alone',
    'that write asks',
    DELIVERIES,
    "if (before?.['status'] !== 'pending') return undefined;",
    'if (!before) return undefined;',
  ),
  spare(
    'a lease whose answer got lost is nobody’s',
    'it ends, and the next attempt is made',
    DELIVERIES,
    'if (!taken && !(await isMine(table, id, lease.token))) return undefined;',
    'if (!taken) return undefined;',
  ),
  spare(
    'a run with an outbox does not stand in the due index',
    'the queue hands the message out again, and what is in the outbox goes out first',
    RUNS,
    'memory.outbox.length > 0 ? nowMs + OUTBOX_PATIENCE_MS : undefined',
    'undefined',
  ),
  spare(
    'messages that were applied are not remembered',
    'steps, and the ids of state events',
    'core/runs/memory.ts',
    'if (memory.applied.includes(mark)) return false;',
    '',
  ),
  spare(
    'the dispatcher’s handler reports no failure',
    'the sweeper sends what is due again',
    'lambdas/dispatcher/handler.ts',
    'failed.push(messageId);',
    '',
  ),
  spare(
    'a settlement does not ask whose lease it is',
    'a function ends before its lease does',
    DELIVERIES,
    "ConditionExpression: '#leaseToken = :token',",
    "ConditionExpression: '#leaseToken = :token OR attribute_exists(pk)',",
  ),
  spare(
    'whether something newer was announced is asked only once',
    'the claim asks again',
    'lambdas/dispatcher/admit.ts',
    "if (!turns) return { ended: 'skipped', reason: 'superseded' };",
    '',
  ),
  spare(
    'a message of the events queue comes back after five seconds',
    'a run’s version',
    TOPOLOGY,
    "VisibilityTimeout: '180'",
    "VisibilityTimeout: '5'",
  ),
  spare(
    'the first retry sends no delayed message',
    'the sweeper, a minute later',
    DISPATCH,
    "if (settled && next.status === 'pending' && isNear) await comeBack(lease, next.dueAtMs, deps);",
    '',
  ),
  spare(
    'a subject is not given back after its attempt',
    'a claim ends with its lease',
    DISPATCH,
    'if (subject !== undefined) await deps.releaseSubject(delivery, subject, token);',
    '',
  ),
];

export const plantedBugs: PlantedBug[] = [...queues, ...deciding, ...watching, ...delivering, ...spares];
