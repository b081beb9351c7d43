import { Action } from '../action.ts';
import type { Attempt, Delivery, Facts } from '../delivery.ts';
import { randomId } from '../id.ts';
import type { Integration } from '../integration.ts';
import type { JsonValue } from '../json.ts';
import { adviceFor, slackErrorIn } from '../slack-outcome.ts';

/*
 * A test call is a delivery like any other, so that secrets are resolved, addresses judged and attempts kept by the
 * one function that may. It belongs to no automation: it stands under its integration's id, and its facts are samples.
 */

/** Where a test call's own action stands among its facts; no template variable has this name. */
const TEST_FACT = 'test';

/** Facts for each template variable, made up. */
function sampleFacts({ team, name }: Integration, deliveryId: string, nowMs: number): Facts {
  return {
    automation_name: `Test of ${name}`,
    automation_id: '',
    event_type: 'TEST',
    event_id: 'test',
    event_author: 'Signalbox',
    entity_name: team,
    project_name: 'sample-project',
    artifact_collection_name: 'sample-model',
    artifact_version: 'v0',
    artifact_version_string: `${team}/sample-project/sample-model:v0`,
    artifact_version_index: 0,
    alias: 'sample-alias',
    tag: 'sample-tag',
    run_name: 'sample-run',
    run_id: 'sample-run',
    run_status: 'FINISHED',
    metric_name: 'loss',
    metric_value: 0.25,
    metric_values: [0.25],
    metric_filter: 'loss < 0.3',
    metric_filter_short: 'loss < 0.3',
    metric_current_status: 'loss is 0.25 at step 1',
    step: 1,
    time: new Date(nowMs).toISOString(),
    delivery_id: deliveryId,
  };
}

/** The delivery of a test call of this integration. */
export function testDelivery(integration: Integration, action: Action, nowMs: number): Delivery {
  const id = randomId('dlv');
  return {
    id,
    automationId: integration.id,
    revision: 0,
    team: integration.team,
    action: action.type,
    integrationId: integration.id,
    facts: { ...sampleFacts(integration, id, nowMs), [TEST_FACT]: action as JsonValue },
    receivedAtMs: nowMs,
    createdAtMs: nowMs,
    depth: 0,
  };
}

/** Whether a delivery is a test call. */
export function isTest({ facts }: Pick<Delivery, 'facts'>): boolean {
  return Object.hasOwn(facts, TEST_FACT);
}

/** What a test call does; undefined for the delivery of an automation. */
export function actionOfTest({ facts }: Pick<Delivery, 'facts'>): Action | undefined {
  return isTest({ facts }) ? Action.parse(facts[TEST_FACT]) : undefined;
}

const NO_ANSWER: readonly string[] = [
  'blocked',
  'dns',
  'connect',
  'tls',
  'timeout',
  'reset',
  'response_too_large',
  'attempts_used_up',
];

/** Why a test call failed, as it is shown: an address that is blocked looks like one that does not answer. */
export function coarseReason(reason: string | undefined): string | undefined {
  return reason !== undefined && NO_ANSWER.includes(reason) ? 'no_answer' : reason;
}

/**
 * What is shown of a test call's attempt: whether something answered, with which class of status, and Slack's own
 * string with what to do about it. Not how long it took, nor where a connection ended: else a test would map the network that we stand in.
 */
export function coarseAttempt(
  { action }: Pick<Delivery, 'action'>,
  { number, startedAtMs, outcome, status, request, response }: Attempt,
) {
  const slackError = action === 'slack' ? slackErrorIn(response ?? '') : undefined;
  return {
    number,
    startedAtMs,
    // Blocked and unreachable look the same.
    outcome: status === undefined ? 'failed' : outcome,
    answered: status === undefined ? 'no' : `${Math.floor(status / 100)}xx`,
    ...(slackError !== undefined && { slackError, advice: adviceFor(slackError) }),
    ...(request && { request }),
  };
}
