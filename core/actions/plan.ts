import type { Action } from '../action.ts';
import type { Delivery } from '../delivery.ts';
import { digestText } from '../digest.ts';
import { type Integration, secretsOf } from '../integration.ts';
import { noticeText } from '../notice.ts';
import { RenderedTooLargeError } from '../template.ts';
import type { BuiltRequest, Secrets } from './request.ts';
import { SLACK_API_URL, type SlackDeployment, slackRequest } from './slack.ts';
import { secretsForWebhook, webhookRequest } from './webhook.ts';

/** How an action is made into a request. */
export interface Plan {
  /** The secrets whose values `build` takes. */
  secretNames: string[];
  build: (secrets: Secrets) => BuiltRequest;
}

/** The secrets that requests of an action need: of those that an integration grants, only what the payload names. */
export function secretsFor(action: Action, integration: Integration): string[] {
  const isWebhook = action.type === 'webhook' && integration.type === 'webhook';
  return isWebhook ? secretsForWebhook(integration, action.payload) : secretsOf(integration);
}

/** The plan of a delivery through its integration; undefined when that is of another type than the action. */
export function planOf(
  action: Action,
  integration: Integration,
  delivery: Delivery,
  { slack = { apiUrl: SLACK_API_URL, allowed: [] }, nowMs }: { slack?: SlackDeployment; nowMs: number },
): Plan | undefined {
  if (action.type === 'webhook' && integration.type === 'webhook') {
    const { payload } = action;
    const timestampSeconds = Math.floor(nowMs / 1000);
    return {
      secretNames: secretsFor(action, integration),
      build: (secrets) =>
        buildOrExplain(() => webhookRequest({ delivery, integration, payload, secrets, timestampSeconds })),
    };
  }
  if (action.type !== 'slack' || integration.type !== 'slack') return undefined;
  return {
    secretNames: secretsFor(action, integration),
    build: (secrets) =>
      buildOrExplain(() =>
        slackRequest({ delivery, integration, action, secrets, deployment: slack, ...happenedIn(delivery) }),
      ),
  };
}

/** What a notice or a digest says; a firing says it by its facts. */
function happenedIn({ notice, digest, facts }: Delivery): { happened?: string } {
  if (notice) return { happened: noticeText(notice) };
  return digest?.count === undefined ? {} : { happened: digestText(digest.count, facts) };
}

function buildOrExplain(work: () => BuiltRequest): BuiltRequest {
  try {
    return work();
  } catch (error) {
    if (error instanceof RenderedTooLargeError) return { problem: 'payload_too_large' };
    throw error;
  }
}
