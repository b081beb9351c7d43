/** What a pattern asks for: mostly plain text, which needs no regex engine; else a true regular expression. */
export type Pattern =
  | { kind: 'equals' | 'prefix' | 'suffix' | 'contains'; text: string }
  | { kind: 'pattern'; source: string };

/**
 * Tells `^text$`, `^text`, `text$` and `text` (escapes such as `\.` included) from true regular expressions.
 * Only what means exactly the same in RE2 counts as text; all else stays a pattern.
 */
export function classify(source: string): Pattern {
  // RE2 reads code points, and half of a surrogate pair would be found inside another character here.
  const [, body, start, escaped, end] = source.isWellFormed() ? (LITERAL.exec(source) ?? []) : [];
  if (body === undefined) return { kind: 'pattern', source };
  const text = withoutEscapes(escaped ?? '');
  if (start) return { kind: end ? 'equals' : 'prefix', text };
  return { kind: end ? 'suffix' : 'contains', text };
}

function withoutEscapes(escaped: string): string {
  return escaped.includes('\\') ? escaped.replace(/\\(.)/gs, '$1') : escaped;
}

/** Characters without a meaning, and escaped ASCII punctuation, which RE2 takes as itself. */
const LITERAL = /^((\^)?((?:[^\\.+*?()|[\]{}^$]|\\[!-/:-@[-`{-~])*)(\$)?)$/;

/** The test for the kinds that need no engine. Looks at the whole text. */
export function textTest(kind: 'equals' | 'prefix' | 'suffix' | 'contains', text: string) {
  return textTests[kind](text);
}

const textTests = {
  equals: (text: string) => (value: string) => value === text,
  prefix: (text: string) => (value: string) => value.startsWith(text),
  suffix: (text: string) => (value: string) => value.endsWith(text),
  contains: (text: string) => (value: string) => value.includes(text),
};
