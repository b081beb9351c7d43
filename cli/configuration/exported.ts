import { Document, visit } from 'yaml';
import { secretsOf } from '../../core/integration.ts';
import { canonical, isObject } from '../../core/json.ts';
import { scopeKey } from '../../core/scope.ts';
import { type DeployedTeam, withSettings } from './deployed.ts';
import { checkDocument, kinds, type Wanted } from './document.ts';

/** What a team has as documents, in an order that depends on nothing but them. */
export function exportedDocuments({ team, integrations, automations, ...has }: DeployedTeam): Wanted[] {
  const byName = integrations.map(({ document }) => document).sort(by(({ name }) => name));
  const named = [...new Set(byName.flatMap(secretsOf))].sort();
  // One that was deleted by force is still named: apply would miss it each time, though nothing is to be changed.
  const secrets = named.filter((name) => has.secrets.includes(name));
  return [
    ...secrets.map((name): Wanted => ({ kind: 'secret', team, name })),
    ...byName,
    ...automations.map(({ document }) => document).sort(by((one) => `${one.name}\n${scopeKey(one.scope)}`)),
  ].map(withoutDefaults);
}

/** Documents as YAML that reads as the same again. */
export function yamlOf(documents: Wanted[]): string {
  return documents.map(yamlOfOne).join('---\n');
}

function yamlOfOne(wanted: Wanted): string {
  const document = new Document(wanted);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && isOnlyItselfInQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  // Long texts stay on their line: a break would be part of no diff that somebody wants to read.
  return document.toString({ lineWidth: 0 });
}

/** As a block, a text of nothing but spaces and line ends would lose some of them; a plain `<<` is a merge key. */
const isOnlyItselfInQuotes = (text: string) => text.trim() === '' || text === '<<';

/** Code units, not a locale: the same everywhere. */
function by<Thing>(key: (thing: Thing) => string) {
  return (a: Thing, b: Thing) => (key(a) < key(b) ? -1 : 1);
}

/** A document without the fields that mean the same when they are left out. */
export function withoutDefaults(document: Wanted): Wanted {
  const whole = meaning(document);
  const dropped = new Set<string>();
  const visit = (node: unknown, path: string): void => {
    if (!isObject(node)) return;
    for (const [field, value] of Object.entries(node)) {
      const inner = `${path}\n${field}`;
      dropped.add(inner);
      if (meaning(without(document, dropped)) === whole) continue;
      dropped.delete(inner);
      visit(value, inner);
    }
  };
  visit(document, '');
  return without(document, dropped) as Wanted;
}

function without(node: unknown, dropped: Set<string>, path = ''): unknown {
  if (!isObject(node)) return node;
  const kept = Object.entries(node).filter(([field]) => !dropped.has(`${path}\n${field}`));
  return Object.fromEntries(
    kept.map(([field, value]) => [field, without(value, dropped, `${path}\n${field}`)]),
  );
}

/** What a document says once its defaults are filled in; undefined when it is none. */
function meaning(document: unknown): string | undefined {
  const { kind } = document as Wanted;
  const checked = isObject(document) && kinds.includes(kind) ? checkDocument(kind, document) : undefined;
  if (!checked || !('wanted' in checked)) return undefined;
  return canonical(checked.wanted.kind === 'automation' ? withSettings(checked.wanted) : checked.wanted);
}
