import type { JsonValue } from '../json.ts';
import { problemsOf } from './check.ts';
import { type FilterTest, filterTest } from './clause.ts';
import { type Explanation, explain } from './explain.ts';
import { type Requirement, requirementsOf } from './requirements.ts';

/**
 * What a user writes: `{"alias": {"$regex": "^prod"}, "collection.name": "detector"}`; all clauses must hold.
 * docs/filters.md specifies the language.
 */
export type FilterSource = { [key: string]: JsonValue };

/** Reads a top-level field of an event; undefined where the event lacks it. */
export type FieldReader = (root: string) => JsonValue | undefined;

export interface FilterProblem {
  /** Path below the filter, such as `alias.$regex` or `$or.1.tags`. */
  path: string;
  message: string;
  /** Where inside a pattern the error is, in characters from 0. */
  position?: number;
}

/** A compiled filter. Total: whatever the event holds, it answers, in bounded time, and never throws. */
export interface Filter {
  readonly source: FilterSource;
  test(fields: FieldReader): boolean;
  /** What every event that passes must have, the most selective kinds first: to find filters by an index. */
  requirements(): Requirement[];
  /** Which clause held and which did not, with the values found. */
  explain(fields: FieldReader): Explanation;
}

/** The door at save time: refuses everything odd, with the path of each problem (the first ten). */
export function parseFilter(
  source: unknown,
  knownFields: readonly string[],
): { filter: Filter } | { problems: FilterProblem[] } {
  const problems = problemsOf(source, knownFields);
  return problems.length > 0 ? { problems } : { filter: compileFilter(source as FilterSource) };
}

/** The door for filters that were accepted before: checks nothing and builds nothing until the first event. */
export function compileFilter(source: FilterSource): Filter {
  return new LazyFilter(source);
}

/** A class, not closures: 100,000 filters stand in memory, and most of them never see an event. */
class LazyFilter implements Filter {
  readonly source: FilterSource;
  #test: FilterTest | undefined;

  constructor(source: FilterSource) {
    this.source = source;
  }

  test(fields: FieldReader): boolean {
    this.#test ??= filterTest(this.source);
    return this.#test(fields);
  }

  requirements(): Requirement[] {
    return requirementsOf(this.source);
  }

  explain(fields: FieldReader): Explanation {
    return explain(this.source, fields);
  }
}
