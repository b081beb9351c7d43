// The part of the filter language that the streams use, in MongoDB's meanings.
import type { Filter, Json } from './world.ts';

/** Whether the filter takes this object; no filter takes everything. */
export function takes(filter: Filter | undefined, subject: Json): boolean {
  return Object.entries(filter ?? {}).every(([key, wanted]) => {
    if (key === '$and') return asFilters(wanted).every((each) => takes(each, subject));
    if (key === '$or') return asFilters(wanted).some((each) => takes(each, subject));
    if (key === '$not') return !takes(wanted as Filter, subject);
    return fieldMatches(valuesAt(subject, key.split('.')), wanted);
  });
}

function asFilters(list: Json): Filter[] {
  return list as Filter[];
}

/** All that a dotted path leads to, through lists as well; a list at its end gives itself and its elements. */
function valuesAt(subject: Json | undefined, path: string[]): Json[] {
  const [name, ...rest] = path;
  if (subject === undefined) return [];
  if (name === undefined) return Array.isArray(subject) ? [subject, ...subject] : [subject];
  if (Array.isArray(subject)) return subject.flatMap((element) => valuesAt(element, path));
  if (subject === null || typeof subject !== 'object') return [];
  return valuesAt(subject[name], rest);
}

function fieldMatches(found: Json[], wanted: Json): boolean {
  if (!isOperators(wanted)) return equalsAny(found, wanted);
  return Object.entries(wanted).every(([operator, operand]) => operatorMatches(found, operator, operand));
}

function isOperators(wanted: Json): wanted is Filter {
  if (wanted === null || typeof wanted !== 'object' || Array.isArray(wanted)) return false;
  return Object.keys(wanted).some((key) => key.startsWith('$'));
}

function operatorMatches(found: Json[], operator: string, operand: Json): boolean {
  switch (operator) {
    case '$eq':
      return equalsAny(found, operand);
    case '$ne':
      return !equalsAny(found, operand);
    case '$in':
      return (operand as Json[]).some((each) => equalsAny(found, each));
    case '$not':
      return !fieldMatches(found, operand);
    case '$exists':
      return found.length > 0 === operand;
    case '$gte':
      return found.some((each) => typeof each === 'number' && each >= (operand as number));
    case '$regex':
      return found.some((each) => typeof each === 'string' && new RegExp(operand as string).test(each));
    case '$contains':
      return found.some((each) => contains(each, operand));
    default:
      throw new Error(`the oracle does not know ${operator}`);
  }
}

/** A missing field equals nothing but null. */
function equalsAny(found: Json[], wanted: Json): boolean {
  if (wanted === null && found.length === 0) return true;
  return found.some((each) => JSON.stringify(each) === JSON.stringify(wanted));
}

function contains(value: Json, part: Json): boolean {
  if (Array.isArray(value)) return value.some((element) => element === part);
  return typeof value === 'string' && typeof part === 'string' && value.includes(part);
}
