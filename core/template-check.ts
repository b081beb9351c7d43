import type { JsonValue } from './json.ts';
import { PLACEHOLDER, WHOLE_JSON } from './template.ts';

/** A payload that was checked when it was saved, and the variables it names. */
export interface Template {
  payload: JsonValue;
  variables: string[];
}

/** What is wrong with a payload, and where: `path` is dotted, such as `blocks.0.text`; empty for the payload itself. */
export interface TemplateProblem {
  path: string;
  message: string;
}

const MAX_TEMPLATE_BYTES = 64 * 1_024;
const MAX_DEPTH = 32;
/** Looking for near misses costs time, so a payload that is wrong everywhere is not read to its end. */
const MAX_PROBLEMS = 10;

/** Which names a template may have. */
export interface KnownNames {
  known: (name: string) => boolean;
  /** What an unknown name is compared with, to suggest the one that was meant. */
  names?: readonly string[];
  /** In texts, which a payload's strings are not, a value can't keep its type. */
  areTexts?: boolean;
}

/** Checks a payload when it is saved: every `${name}` in a string value must be closed and known. */
export function parseTemplate(
  payload: unknown,
  { known, names = [], areTexts = false }: KnownNames,
): { template: Template } | { problems: TemplateProblem[] } {
  const found: Found = { known, names, areTexts, problems: [], variables: new Set() };
  checkValue(payload, [], found);
  if (found.problems.length === 0 && Buffer.byteLength(JSON.stringify(payload)) > MAX_TEMPLATE_BYTES) {
    found.problems.push({
      path: '',
      message: `the payload is larger than ${MAX_TEMPLATE_BYTES / 1_024} KiB`,
    });
  }
  if (found.problems.length > 0) return { problems: found.problems };
  return { template: { payload: payload as JsonValue, variables: [...found.variables] } };
}

interface Found extends Required<KnownNames> {
  problems: TemplateProblem[];
  variables: Set<string>;
}

const UNCLOSED = `"\${" without its "}": a literal one is written \${$}{`;
// No control characters: JSON escapes them, and the names in a payload are looked for in its JSON text.
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[^.${}:"\\\p{Cc}]+)*$/u;

function checkValue(node: unknown, path: string[], found: Found): void {
  if (found.problems.length >= MAX_PROBLEMS) return;
  if (typeof node === 'string') checkString(node, path, found);
  else if (Array.isArray(node)) checkChildren(Object.entries(node), path, found);
  else if (isPlainObject(node)) checkObject(node, path, found);
  else if (!isJsonScalar(node)) report(found, path, 'this is not a JSON value');
}

function checkObject(node: object, path: string[], found: Found): void {
  for (const key of Object.keys(node)) {
    if (key.includes('${')) report(found, [...path, key], 'a variable can stand in a value, not in a key');
  }
  checkChildren(Object.entries(node), path, found);
}

function checkChildren(children: [string, unknown][], path: string[], found: Found): void {
  if (path.length >= MAX_DEPTH) {
    report(found, path, `the payload is nested deeper than ${MAX_DEPTH} levels`);
    return;
  }
  for (const [key, child] of children) checkValue(child, [...path, key], found);
}

function checkString(text: string, path: string[], found: Found): void {
  const typed = found.areTexts ? undefined : WHOLE_JSON.exec(text)?.[1];
  if (typed !== undefined) {
    checkName(typed, 0, path, found);
    return;
  }
  for (const { index, 1: name = '', 2: end } of text.matchAll(PLACEHOLDER)) {
    if (found.problems.length >= MAX_PROBLEMS) return;
    if (end === '') report(found, path, `${UNCLOSED} (at character ${index + 1})`);
    else if (name !== '$') checkName(name, index, path, found);
  }
}

function checkName(name: string, index: number, path: string[], found: Found): void {
  const message = problemOfName(name, found);
  if (message) report(found, path, `${message} (at character ${index + 1})`);
  else found.variables.add(name);
}

function problemOfName(name: string, found: Found): string | undefined {
  if (name.endsWith(':json')) {
    return found.areTexts
      ? `\${${name}} is for payloads: in a text write \${${name.slice(0, -':json'.length)}}`
      : `\${${name}} keeps its type only where it is the whole string`;
  }
  if (!VARIABLE_NAME.test(name)) return `"${name}" is not a variable name`;
  if (found.known(name)) return undefined;
  const near = suggestion(name, found);
  return `unknown variable "${name}"${near ? `; did you mean "${near}"?` : ''}`;
}

/** The known name that was probably meant; of a path, its first part may be mistyped. */
function suggestion(name: string, { known, names }: Found): string | undefined {
  const [root = '', ...path] = name.split('.');
  const corrected = [nearest(root, names), ...path].join('.');
  return known(corrected) ? corrected : nearest(name, names);
}

function report(found: Found, path: string[], message: string): void {
  if (found.problems.length < MAX_PROBLEMS) found.problems.push({ path: path.join('.'), message });
}

function isJsonScalar(node: unknown): boolean {
  return node === null || typeof node === 'boolean' || (typeof node === 'number' && Number.isFinite(node));
}

function isPlainObject(node: unknown): node is Record<string, unknown> {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

const LONGEST_COMPARED = 64;

/** The known name that is at most a third of its letters away, if any. */
function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > LONGEST_COMPARED) return undefined;
  const ranked = names.map((other) => ({
    other,
    edits: editDistance(name.toLowerCase(), other.toLowerCase()),
  }));
  const best = ranked.sort((a, b) => a.edits - b.edits)[0];
  return best && best.edits <= Math.ceil(best.other.length / 3) ? best.other : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, char] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (to[j - 1] === char ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
