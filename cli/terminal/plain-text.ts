/** Control characters, and those that turn the direction of text around: a terminal would obey them. */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text of somebody else's on one line that no terminal obeys: what could steer it is spelled out. */
export function plain(text: string): string {
  return text.replace(OBEYED, spelled);
}

/** The same for a text of several lines. */
export function plainLines(text: string): string {
  return text
    .split('\n')
    .map((line) => plain(line.replaceAll('\t', '  ')))
    .join('\n');
}

function spelled(character: string): string {
  const short = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
