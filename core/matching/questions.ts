import { operatorsIn } from '../filters/clause.ts';
import type { Filter } from '../filters/filter.ts';
import { matchesRegex } from '../filters/regex.ts';
import type { Requirement } from '../filters/requirements.ts';
import type { JsonValue } from '../json.ts';
import { AnswerTable } from './answer-table.ts';
import { type EventReader, type FieldPath, fieldPath } from './event-reader.ts';

const KINDS: Requirement['kind'][] = ['equals', 'prefix', 'suffix', 'contains'];

type Scalar = string | number | boolean;

/** What to ask of a field: what it equals, how its text begins (so many letters), whether a pattern matches. */
export interface Question {
  readonly number: number;
  readonly path: FieldPath;
  readonly kind: Requirement['kind'];
  /** Of beginnings and ends: how many letters. */
  readonly length: number;
  /** Of patterns. */
  readonly source: string;
}

/**
 * Turns what filters require and what events hold into numbers of answers: an automation is filed under the answers
 * that it waits for, and an event comes near to those that are filed under an answer that it gives.
 */
export class Questions {
  /** By path, and there by the pattern, or by the kind and the length. */
  readonly #byPath = new Map<string, Map<string | number, Question>>();
  /** From number 1 on. */
  readonly #numbered: (Question | undefined)[] = [undefined];
  readonly #answers = new AnswerTable();
  /** What the last event answered, by question, so that its scopes do not each read it anew. */
  #event: EventReader | undefined;
  #turn = 0;
  readonly #turns: number[] = [0];
  readonly #given: number[] = [0];

  /** The answers that meet a requirement. */
  answersTo(requirement: Requirement): number[] {
    // The event that was asked last may give an answer that is new.
    this.#event = undefined;
    const { number } = this.about(requirement);
    return answersOf(requirement).map((answer) => this.#answers.add(askedAs(number, answer), textOf(answer)));
  }

  /** The same without noting them: 0 for one that nobody waits for. */
  knownAnswersTo(requirement: Requirement): number[] {
    const { number } = this.about(requirement);
    return answersOf(requirement).map((answer) => this.#answerEqual(number, answer));
  }

  /**
   * What a filter asks beside the requirement that this answer meets, if that is all there is to it: one answer to one
   * more question.
   */
  restOf(filter: Filter, answer: number): { question: Question; answer: number } | undefined {
    const requirements = filter.requirements();
    if (!areAllOf(filter, requirements)) return undefined;
    const all = requirements.map((one) => ({
      question: this.about(one),
      answer: this.answersTo(one)[0] as number,
    }));
    return all.find((one) => one.answer !== answer);
  }

  numbered(number: number): Question {
    return this.#numbered[number] as Question;
  }

  /** What to ask to learn whether a requirement is met. */
  about(requirement: Requirement): Question {
    const { path, kind } = requirement;
    const length = kind === 'prefix' || kind === 'suffix' ? requirement.text.length : 0;
    const source = kind === 'pattern' ? requirement.source : '';
    const ofPath = this.#byPath.get(path) ?? new Map<string | number, Question>();
    const key = kind === 'pattern' ? source : KINDS.indexOf(kind) + KINDS.length * length;
    const known = ofPath.get(key);
    if (known) return known;
    const question = { number: this.#turns.push(0) - 1, path: fieldPath(path), kind, length, source };
    this.#given.push(0);
    this.#numbered.push(question);
    this.#byPath.set(path, ofPath.set(key, question));
    return question;
  }

  /** The answer that an event gives; 0 for one that nobody waits for, SEVERAL where there are several values. */
  answerIn(event: EventReader, question: Question): number {
    const { number } = question;
    if (event !== this.#event) {
      this.#event = event;
      this.#turn++;
    } else if (this.#turns[number] === this.#turn) return this.#given[number] as number;
    const value = event.values(question.path);
    const answer = value === undefined ? 0 : isScalar(value) ? this.answerOf(question, value) : SEVERAL;
    this.#turns[number] = this.#turn;
    this.#given[number] = answer;
    return answer;
  }

  /** The answer that a value gives; 0 for one that nobody waits for. Which texts it contains, an index asks itself. */
  answerOf({ number, kind, length, source }: Question, value: Scalar): number {
    if (kind === 'equals') return this.#answerEqual(number, value);
    if (typeof value !== 'string' || length > value.length) return 0;
    if (kind === 'prefix') return this.#answers.get(number, value, 0, length);
    if (kind === 'suffix') return this.#answers.get(number, value, value.length - length);
    return matchesRegex(source, value) ? this.#answers.get(number, source) : 0;
  }

  #answerEqual(number: number, value: Scalar): number {
    return this.#answers.get(askedAs(number, value), textOf(value));
  }

  /** The number of one of the texts that a value contains. */
  answerOfPart({ number }: Question, part: string): number {
    return this.#answers.get(number, part);
  }
}

/** Stands for the answers of a field with several values, each of which is to be asked. */
export const SEVERAL = -1;

function answersOf(requirement: Requirement): Scalar[] {
  if (requirement.kind === 'equals') {
    return requirement.values.length > 1 ? [...new Set(requirement.values)] : requirement.values;
  }
  return [requirement.kind === 'pattern' ? requirement.source : requirement.text];
}

/** What is not a text answers to another number, so that 1 is not "1". */
function askedAs(number: number, answer: Scalar): number {
  return typeof answer === 'string' ? number : -number;
}

function textOf(answer: Scalar): string {
  return typeof answer === 'string' ? answer : String(answer);
}

/** Whether a filter is two clauses of one operator each, of which each is one of these requirements. */
function areAllOf({ source }: Filter, requirements: Requirement[]): boolean {
  const [path, otherPath] = requirements.map((one) => one.path);
  const clauses = Object.entries(source);
  if (path === otherPath || requirements.length !== 2 || clauses.length !== 2) return false;
  return (
    requirements.every(hasOneAnswer) &&
    clauses.every(([key, condition]) => {
      return (key === path || key === otherPath) && operatorsIn(condition).length === 1;
    })
  );
}

/** A pattern has as well, but reads only so much of a list. */
function hasOneAnswer(requirement: Requirement): boolean {
  if (requirement.kind === 'equals') return requirement.values.length === 1;
  return requirement.kind === 'prefix' || requirement.kind === 'suffix';
}

export function isScalar(value: JsonValue | undefined): value is Scalar {
  return value !== null && value !== undefined && typeof value !== 'object';
}
