/*
 * Text of Slack messages. Slack reads `<…>` as links, mentions and commands such as <!channel>, and asks for &, < and >
 * as entities; with those escaped, nothing that a user typed can call anybody.
 */

/** Text as mrkdwn, at most `limit` characters long as Slack counts them, which is with the entities. */
export function escapeMrkdwn(text: string, limit: number): string {
  return cut(visible(text), limit, (char) => ENTITIES[char] ?? char);
}

/** Text as plain_text, where Slack reads no markup. */
export function plainText(text: string, limit: number): string {
  return cut(visible(text), limit, (char) => char);
}

/** A value that stands in one line: it can't begin another one, which could then claim to be anything. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/gu, ' ').trim();
}

/** Whether a text shows nothing: Slack refuses such texts. */
export function isBlank(text: string): boolean {
  return /^[\p{C}\p{Z}]*$/u.test(text);
}

/** A link, for what is one: undefined where the text is no http or https URL. */
export function link(url: string, text: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  const address = href.replaceAll('&', '&amp;').replace(/[<>|]/g, encodeURIComponent);
  return address.length > MAX_URL ? undefined : `<${address}|${escapeMrkdwn(text, MAX_LINK_TEXT)}>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const MAX_URL = 2_500;
const MAX_LINK_TEXT = 200;

/** Control characters but line breaks and tabs, and signs that turn the direction of what follows, show nothing or lie. */
function visible(text: string): string {
  return text.toWellFormed().replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** Never cuts through a character or an entity. */
function cut(text: string, limit: number, written: (char: string) => string): string {
  const parts = Array.from(text, written);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length <= limit) return parts.join('');
  let room = limit - 1;
  const kept = parts.findIndex((part) => {
    room -= part.length;
    return room < 0;
  });
  return `${parts.slice(0, kept).join('')}…`;
}
