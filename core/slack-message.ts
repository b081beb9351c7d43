import type { Severity, SlackAction } from './action.ts';
import type { Facts } from './delivery.ts';
import { headlineOf } from './slack-headline.ts';
import { escapeMrkdwn, isBlank, link, oneLine, plainText } from './slack-text.ts';
import { asText, renderText } from './template.ts';

/** A Slack message, as chat.postMessage and incoming webhooks take it. */
export interface SlackMessage {
  /** What notifications show, and what stands above the coloured part. */
  text: string;
  attachments: { color: string; fallback: string; blocks: Block[] }[];
  [option: string]: unknown;
}

interface MrkdwnText {
  type: 'mrkdwn';
  text: string;
  /** Slack would make links and mentions of what looks like some. */
  verbatim: true;
}

type Block =
  | { type: 'header'; text: { type: 'plain_text'; text: string } }
  | { type: 'section'; text: MrkdwnText }
  | { type: 'section'; fields: MrkdwnText[] }
  | { type: 'context'; elements: MrkdwnText[] };

/** Slack's own limits, in characters: https://docs.slack.dev/reference/block-kit/blocks */
const LIMITS = { text: 3000, header: 150, section: 3000, field: 2000 };

/** Of a value in a title or message; the whole stands in the delivery's history. */
const MAX_VALUE = 500;

const colors: Record<Severity, string> = { INFO: '#1d9bd1', WARN: '#ecb22e', ERROR: '#e01e5a' };

/**
 * The message of a firing: what happened, the user's own words, where, by whom, values against condition, and a link.
 * `happened` is given for what is no single firing.
 */
export function slackMessage(action: SlackAction, facts: Facts, happened = headlineOf(facts)): SlackMessage {
  const headline = oneLine(happened);
  const title = oneLine(rendered(action.title, facts));
  const message = rendered(action.message, facts).trim();
  const heading = [title, textOf(facts, 'automation_name')].find((text) => !isBlank(text)) ?? 'Signalbox';
  const fallback = escapeMrkdwn(isBlank(title) ? headline : `${title}: ${headline}`, LIMITS.text);
  const fields = fieldsOf(facts);
  const openLink = linkOf(facts);
  const blocks: Block[] = [
    { type: 'header', text: { type: 'plain_text', text: plainText(heading, LIMITS.header) } },
    section(escapeMrkdwn(headline, LIMITS.section)),
    ...(isBlank(message) ? [] : [section(escapeMrkdwn(message, LIMITS.section))]),
    ...(fields.length === 0 ? [] : [{ type: 'section' as const, fields }]),
    ...(openLink === undefined ? [] : [section(openLink)]),
    { type: 'context', elements: [mrkdwn(contextOf(action.severity, heading, facts))] },
  ];
  return {
    text: fallback,
    mrkdwn: false,
    attachments: [{ color: colors[action.severity], fallback, blocks }],
    unfurl_links: false,
    unfurl_media: false,
    link_names: false,
  };
}

function section(text: string): Block {
  return { type: 'section', text: mrkdwn(text) };
}

function mrkdwn(text: string): MrkdwnText {
  return { type: 'mrkdwn', text, verbatim: true };
}

function rendered(template: string, facts: Facts): string {
  return renderText(template, (name) => plainText(textOf(facts, name), MAX_VALUE));
}

function textOf(facts: Facts, name: string): string {
  const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
  return value === undefined ? '' : oneLine(asText(value));
}

/** With the newest values they are ten, which is what a section takes. */
const labels: readonly [label: string, ...names: string[]][] = [
  ['Team', 'entity_name'],
  ['Registry', 'registry_name'],
  ['Project', 'project_name'],
  ['Collection', 'artifact_collection_name'],
  ['Version', 'artifact_version'],
  ['Run', 'run_name'],
  ['Condition', 'metric_filter'],
  ['Found', 'metric_current_status'],
  ['By', 'event_author'],
];

function fieldsOf(facts: Facts): MrkdwnText[] {
  const hasRegistry = textOf(facts, 'registry_name') !== '';
  const shown = labels.flatMap(([label, name = '']) => {
    // A registry's project is its name on W&B's wire, which says nothing more.
    if (name === 'project_name' && hasRegistry) return [];
    const value = textOf(facts, name);
    return isBlank(value) ? [] : [field(label, value)];
  });
  const values = newestValues(facts);
  return [...shown, ...(values === '' ? [] : [field('Newest values', values)])];
}

function field(label: string, value: string): MrkdwnText {
  return mrkdwn(`*${label}*\n${escapeMrkdwn(value, LIMITS.field - label.length - 3)}`);
}

const SHOWN_VALUES = 10;

function newestValues({ metric_values: values }: Facts): string {
  if (!Array.isArray(values) || values.length < 2) return '';
  const shown = values.slice(-SHOWN_VALUES).map((value) => asText(value));
  return `${values.length > SHOWN_VALUES ? '…, ' : ''}${shown.join(', ')}`;
}

function linkOf(facts: Facts): string | undefined {
  const runUrl = textOf(facts, 'run_url');
  if (runUrl !== '') return link(runUrl, `Open the run ${textOf(facts, 'run_name')}`);
  const [collection, version] = [
    textOf(facts, 'artifact_collection_name'),
    textOf(facts, 'artifact_version'),
  ];
  const thing = version === '' ? collection : `${collection}:${version}`;
  return link(textOf(facts, 'event_url'), `Open ${thing || 'the event'}`);
}

function contextOf(severity: Severity, heading: string, facts: Facts): string {
  const automation = textOf(facts, 'automation_name');
  const parts = [
    severity,
    automation === heading ? '' : `automation ${automation}`,
    textOf(facts, 'time'),
    textOf(facts, 'delivery_id'),
  ];
  return escapeMrkdwn(parts.filter((part) => part !== '').join(' · '), LIMITS.field);
}
