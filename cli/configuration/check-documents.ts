import * as z from 'zod';
import { findJsonFault, isObject } from '../../core/json.ts';
import { detailsOfZod } from '../../core/problem.ts';
import { scopeKey } from '../../core/scope.ts';
import { ownHint } from '../failure.ts';
import { checkDocument, type Kind, kinds, type Wanted } from './document.ts';
import { type FileProblem, readDocuments, type Source, type WrittenDocument } from './read-documents.ts';

/** A document that can be applied, if what it names is there. */
export interface CheckedDocument {
  wanted: Wanted;
  at: WrittenDocument['at'];
}

/** What holds where a document does not say it. */
export interface DocumentDefaults {
  team?: string | undefined;
  /** Refuses documents of another team. */
  isOnlyTeam?: boolean;
  kind?: Kind;
  /** Fields that are passed over. */
  ignored?: readonly string[];
}

/** Reads and checks everything that can be checked without a server; lists all that is wrong, not only the first. */
export function checkSources(
  sources: Source[],
  defaults: DocumentDefaults = {},
): { documents: CheckedDocument[]; problems: FileProblem[] } {
  const read = sources.map(readDocuments);
  const problems = read.flatMap((one) => one.problems);
  const documents: CheckedDocument[] = [];
  for (const written of read.flatMap((one) => one.documents)) {
    const checked = check(written, defaults);
    if ('wanted' in checked) documents.push({ wanted: checked.wanted, at: written.at });
    else problems.push(...checked.problems);
  }
  return { documents, problems: [...problems, ...repeated(documents)] };
}

/** What makes two documents be about the same thing. Names of automations are unique in their scope. */
export function identityOf(thing: Wanted): string {
  const place = thing.kind === 'automation' ? [scopeKey(thing.scope)] : [];
  return [thing.kind, thing.team, ...place, thing.name].join('\n');
}

function check(
  { value, at }: WrittenDocument,
  { team, isOnlyTeam = false, kind: usualKind, ignored = [] }: DocumentDefaults,
): { wanted: Wanted } | { problems: FileProblem[] } {
  if (!isObject(value))
    return { problems: [{ at: at([]), message: `a document is a map with a kind: ${kinds.join(', ')}` }] };
  // YAML has more than JSON, in which it would be lost on the way.
  const fault = findJsonFault(value);
  if (fault)
    return { problems: [{ at: at(fault.path), message: `${fault.path.join('.')}: ${fault.detail}` }] };
  const kind = value['kind'] ?? usualKind;
  if (!isKind(kind)) {
    const message = kind === undefined ? 'kind is missing' : `kind: there is no ${JSON.stringify(kind)}`;
    return { problems: [{ at: at(['kind']), message, hint: `the kinds are ${kinds.join(', ')}` }] };
  }
  const fields = Object.fromEntries(Object.entries(value).filter(([field]) => !ignored.includes(field)));
  const checked = checkDocument(kind, { kind, ...(team !== undefined && { team }), ...fields });
  if ('issues' in checked) return { problems: problemsOf(checked.issues, at) };
  if (!isOnlyTeam || checked.wanted.team === team) return checked;
  const message = `team: is ${checked.wanted.team}, and --team says ${team}`;
  return { problems: [{ at: at(['team']), message, hint: 'leave one of them out' }] };
}

const isKind = (kind: unknown): kind is Kind => kinds.includes(kind as Kind);

/** A document without a team has none in its scope either: that is one thing to correct. */
function problemsOf(issues: z.core.$ZodIssue[], at: WrittenDocument['at']): FileProblem[] {
  const teamless = issues.some(isTeamless);
  return issues
    .filter(({ path }) => !(teamless && path.join('.') === 'scope.team'))
    .map((issue) => problemOf(issue, at));
}

const isTeamless = ({ message, path }: z.core.$ZodIssue) =>
  path.join('.') === 'team' && message.endsWith('received undefined');

/** One issue in the words that the API has for it. */
function problemOf(issue: z.core.$ZodIssue, at: WrittenDocument['at']): FileProblem {
  const { field, detail, hint } = detailsOfZod(new z.ZodError([issue]));
  const path = field?.split('.') ?? [];
  return {
    at: at(path),
    message: field ? `${field}: ${detail}` : detail,
    hint: isTeamless(issue) ? TEAM_HINT : ownHint(hint),
  };
}

const TEAM_HINT = 'name the team in the file, with --team, or in SIGNALBOX_TEAM';

/** What no two things share. A name in a registry or the organization is taken for all teams. */
function nameOf(thing: Wanted): string {
  return thing.kind === 'automation'
    ? JSON.stringify([scopeKey(thing.scope), thing.name])
    : identityOf(thing);
}

function repeated(documents: CheckedDocument[]): FileProblem[] {
  const first = new Map<string, string>();
  return documents.flatMap(({ wanted, at }) => {
    const name = nameOf(wanted);
    const before = first.get(name);
    if (before === undefined) first.set(name, at([]));
    if (before === undefined || wanted.kind === 'secret') return [];
    return [{ at: at([]), message: `${wanted.kind} ${wanted.name} stands in ${before} already` }];
  });
}
