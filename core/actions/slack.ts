import type { SlackAction } from '../action.ts';
import { type AllowedRanges, isListedAddress, judgeUrl, literalAddress } from '../address.ts';
import type { Delivery } from '../delivery.ts';
import type { SlackIntegration } from '../integration.ts';
import { reveal } from '../secret.ts';
import { slackMessage } from '../slack-message.ts';
import type { ActionRequest, BuiltRequest, Secrets } from './request.ts';
import { secretParts } from './secret-url.ts';

/** What the deployment's operator says about Slack. */
export interface SlackDeployment {
  /** Where Slack's methods are: https://slack.com/api, unless a test or the local runtime stands in. */
  apiUrl: string;
  /** Address ranges whose incoming webhooks are taken for Slack's. */
  allowed: AllowedRanges;
}

export const SLACK_API_URL = 'https://slack.com/api';

const WEBHOOK_HOSTS: readonly string[] = ['hooks.slack.com', 'hooks.slack-gov.com'];

export interface SlackInput {
  delivery: Delivery;
  integration: SlackIntegration;
  action: SlackAction;
  /** All that the integration names. */
  secrets: Secrets;
  deployment: SlackDeployment;
  /** What happened, where that is no single firing. */
  happened?: string;
}

/** The Slack message of a delivery, by chat.postMessage or by the channel's incoming webhook. */
export function slackRequest(input: SlackInput): BuiltRequest {
  const { delivery, integration, action, secrets } = input;
  const message = slackMessage(action, delivery.facts, input.happened);
  const token = secrets.get(integration.token_secret ?? '');
  if (token) {
    if (!/^[\x21-\x7e]+$/.test(reveal(token))) {
      return { problem: `secret_not_for_headers: ${integration.token_secret}` };
    }
    const request = {
      ...post(integration.id, `${input.deployment.apiUrl}/chat.postMessage`),
      body: JSON.stringify({ channel: integration.channel, ...message }),
    };
    request.headers['authorization'] = `Bearer ${reveal(token)}`;
    return { request, sensitive: [token] };
  }
  const url = secrets.get(integration.webhook_url_secret ?? '');
  const address = url && webhookAddress(reveal(url), input.deployment.allowed);
  if (!url || !address) return { problem: `not_a_slack_webhook: ${integration.webhook_url_secret}` };
  const request = { ...post(integration.id, address.href), body: JSON.stringify(message) };
  return { request, sensitive: [url, ...secretParts(address)] };
}

function post(integrationId: string, url: string): Omit<ActionRequest, 'body'> {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { integrationId, method: 'POST', url, headers };
}

/** An incoming webhook's URL, where it is Slack's, or at an address that the operator listed. */
function webhookAddress(text: string, allowed: AllowedRanges): URL | undefined {
  const judged = judgeUrl(text.trim(), allowed);
  if ('problem' in judged) return undefined;
  const { url } = judged;
  if (url.protocol === 'https:' && WEBHOOK_HOSTS.includes(url.hostname) && url.port === '') return url;
  const ip = literalAddress(url.hostname);
  return ip !== undefined && isListedAddress(ip, allowed) ? url : undefined;
}
