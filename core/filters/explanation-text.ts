import type { Explanation, Judged } from './explain.ts';

/** Of a filter with hundreds of clauses, those that are told. */
const TOLD = 3;

/** The clauses that made a filter hold or not, in words: `alias $eq "production", found "staging"`. */
export function describeExplanation(explanation: Explanation): string {
  const clauses = decisive(explanation);
  const more = clauses.length > TOLD ? [`${clauses.length - TOLD} more`] : [];
  return [...clauses.slice(0, TOLD).map(describeClause), ...more].join('; ');
}

/** The operators on fields without which the outcome would be another. */
function decisive(node: Explanation): Judged[] {
  if (!('parts' in node)) return [node];
  const isTurned = node.operator === '$nor' || node.operator === '$not';
  return node.parts.filter(({ holds }) => (holds === node.holds) !== isTurned).flatMap(decisive);
}

function describeClause({ path, operator, operand, found, holds }: Judged): string {
  const values = found.length > 0 ? found.map((value) => JSON.stringify(value)).join(', ') : 'nothing';
  return `${path} ${operator} ${JSON.stringify(operand)} ${holds ? 'holds' : 'does not hold'}, found ${values}`;
}
