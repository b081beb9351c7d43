import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHead, readRevision } from '../../store/automations.ts';
import type { Table } from '../../store/client.ts';
import { leaseDelivery, putAttempt, putDelivery, settleDelivery } from '../../store/deliveries.ts';
import {
  disableIntegration,
  leavePlace,
  openCircuit,
  readFlow,
  readHealth,
  takePlace,
} from '../../store/health.ts';
import { readLatestAttempts } from '../../store/history.ts';
import { listIntegrations, readIntegration } from '../../store/integrations.ts';
import { announceNewest, claimSubject, keepTurns, releaseSubject } from '../../store/newest.ts';
import { readSecret } from '../../store/secrets.ts';
import { admitToMinute, countHeldBack, putHeldBack } from '../../store/storms.ts';
import { readPace, reservePace, reserveTurn } from '../../store/turns.ts';
import { logStage } from '../shared/log.ts';
import { findSecretValue } from '../shared/secrets.ts';
import type { DispatchDeps } from './dispatch.ts';
import { makeFlowCache } from './flow-cache.ts';
import { makeRevisionCache } from './revision-cache.ts';
import { makeSecretCache } from './secret-cache.ts';

/** More functions than this do not die in a row over one delivery. */
const LATEST = 25;

/** Told apart from the few others that one delivery ever has. */
const newToken = () => randomBytes(9).toString('base64url');

/** What `dispatch` works with in AWS: the table, the secrets and a clock. The network is the caller's. */
export function wiredTo(
  table: Table,
  network: Pick<DispatchDeps, 'send' | 'requeue' | 'slack'>,
  now = () => Date.now(),
): DispatchDeps {
  return {
    ...network,
    ...{ newToken, random: Math.random, sleep, now, log: logStage },
    lease: (id, lease) => leaseDelivery(table, id, lease),
    settle: (id, token, settlement) => settleDelivery(table, id, token, settlement),
    putAttempt: (id, attempt) => putAttempt(table, id, attempt, now()),
    readAttempts: async (id) => (await readLatestAttempts(table, id, { limit: LATEST })).reverse(),
    putDelivery: (delivery, dueAtMs) => putDelivery(table, delivery, dueAtMs),

    announce: (delivery, subject) => announceNewest(table, delivery, subject, now()),
    keepTurns: (delivery, subject, turns) => keepTurns(table, delivery, subject, turns),
    claimSubject: (delivery, subject, claim) => claimSubject(table, delivery, subject, claim),
    releaseSubject: (delivery, subject, token) => releaseSubject(table, delivery, subject, token),
    admitToMinute: (delivery, max) => admitToMinute(table, delivery, max, now()),
    putHeldBack: (delivery) => putHeldBack(table, delivery, now()),
    countHeldBack: (automationId, minuteMs) => countHeldBack(table, automationId, minuteMs),

    flows: makeFlowCache((integrationId) => readFlow(table, integrationId, now()), now),
    takePlace: (integrationId, place) => takePlace(table, integrationId, place),
    leavePlace: (integrationId, place, attempt) => leavePlace(table, integrationId, place, attempt),
    reserveTurn: (integrationId, intervalMs) => reserveTurn(table, integrationId, intervalMs, now()),
    reservePace: (channel, intervalMs) => reservePace(table, channel, intervalMs, now()),
    readPace: (channel) => readPace(table, channel),
    openCircuit: (integrationId, times) => openCircuit(table, integrationId, times),
    readHealth: (integrationId) => readHealth(table, integrationId),
    disableIntegration: (integrationId, why) => disableIntegration(table, integrationId, why),

    readHead: (id) => readHead(table, id),
    readRevision: makeRevisionCache((id, revision) => readRevision(table, id, revision)),
    readIntegration: (id) => readIntegration(table, id),
    listIntegrations: (team) => listIntegrations(table, team),
    readSecret: makeSecretCache({
      readEntry: (team, name) => readSecret(table, team, name),
      readValue: findSecretValue,
      now,
    }),
  };
}
