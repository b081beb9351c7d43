import { operatorsIn } from '../filters/clause.ts';
import type { Filter } from '../filters/filter.ts';
import type { EventReader } from './event-reader.ts';
import { ALWAYS, type Filed, type FilterShelf } from './filter-shelf.ts';
import type { Asked, Clauses, Question, Questions } from './questions.ts';
import type { Watcher } from './watcher.ts';

/** How much was looked at, for the proof that cost does not grow with automations that don't match. */
export interface MatchCounts {
  candidates: number;
}

/**
 * The automations that watch one type of event in one scope, found by one thing that their filter requires: a value
 * that a field equals, or how its text begins, ends, or what it contains. Only those that the event meets there are
 * tested further, so an event costs what it comes near to, not what there is.
 */
export class FilterIndex<Thing extends Filed = Watcher> {
  readonly #shelf: FilterShelf<Thing>;
  readonly #number: number;
  #size = 0;
  /** What it asks an event, and how many watchers wait for an answer to each. */
  readonly #questions: Question[] = [];
  readonly #waiting: number[] = [];

  /** Its place on the shelf is the one of this number. */
  constructor(shelf: FilterShelf<Thing>, number: number) {
    this.#shelf = shelf;
    this.#number = number;
  }

  get size(): number {
    return this.#size;
  }

  put(watcher: Thing): void {
    this.#size++;
    const asked = this.#askedBy(watcher);
    const anchor = this.#anchorAmong(asked);
    if (!anchor) {
      this.#shelf.put(this.#number, ALWAYS, watcher);
      return;
    }
    const { requirement, question, answers } = anchor;
    if (requirement.whole) watcher.isDecided = true;
    else if (areAllOf(watcher.filter, asked)) watcher.clauses = clausesOf(this.#shelf.questions, asked);
    this.#count(question, 1);
    for (const answer of answers) this.#shelf.put(this.#number, answer, watcher);
    if (requirement.kind === 'contains') this.#shelf.textsOf(this.#number, question).add(requirement.text);
  }

  #askedBy({ filter }: Thing): Asked[] {
    return filter.requirements().map((requirement) => this.#shelf.questions.about(requirement));
  }

  remove(watcher: Thing): void {
    const anchor = this.#askedBy(watcher).find((one) => this.#takeOut(watcher, one));
    if (anchor || this.#shelf.remove(this.#number, ALWAYS, watcher)) this.#size--;
  }

  /** The watchers whose filter takes the event. */
  matching(event: EventReader, counts?: MatchCounts): Thing[] {
    return this.#shelf.matching(this.#number, event, counts);
  }

  /** What tells the watcher apart best: what the fewest others are filed under so far. */
  #anchorAmong(asked: Asked[]): Asked | undefined {
    if (asked.length < 2) return asked[0];
    const sizes = asked.map((one) => this.#filedUnder(one));
    return asked[sizes.indexOf(Math.min(...sizes))];
  }

  #filedUnder({ answers }: Asked): number {
    let filed = 0;
    for (const answer of answers) filed += this.#shelf.waiting(this.#number, answer);
    return filed;
  }

  #takeOut(watcher: Thing, { requirement, question, answers }: Asked): boolean {
    const wasIn = answers.filter((answer) => this.#shelf.remove(this.#number, answer, watcher)).length > 0;
    if (!wasIn) return false;
    this.#count(question, -1);
    if (requirement.kind === 'contains') this.#shelf.textsOf(this.#number, question).remove(requirement.text);
    return true;
  }

  #count(question: Question, change: 1 | -1): void {
    const at = this.#questions.indexOf(question);
    const left = (this.#waiting[at] ?? 0) + change;
    if (at >= 0 && left > 0) {
      this.#waiting[at] = left;
      return;
    }
    if (at >= 0) {
      this.#questions.splice(at, 1);
      this.#waiting.splice(at, 1);
    } else {
      this.#questions.push(question);
      this.#waiting.push(1);
    }
    this.#shelf.ask(this.#number, this.#questions);
  }
}

/** Whether a filter is two clauses of one operator each, of which each is one of these requirements. */
function areAllOf({ source }: Filter, [one, other, ...more]: Asked[]): boolean {
  const [path, otherPath] = [one?.requirement.path, other?.requirement.path];
  if (path === otherPath || more.length > 0) return false;
  const clauses = Object.entries(source);
  return (
    clauses.length === 2 &&
    clauses.every(([key, condition]) => {
      return (key === path || key === otherPath) && operatorsIn(condition).length === 1;
    })
  );
}

/** They decide where each has one answer. A pattern has as well, but reads only so much of a list. */
function clausesOf(of: Questions, [one, other]: Asked[]): Clauses | undefined {
  if (!one || !other || !isOneAnswer(one) || !isOneAnswer(other)) return undefined;
  const [firstAnswer = 0, secondAnswer = 0] = [one.answers[0], other.answers[0]];
  return { of, first: one.question, firstAnswer, second: other.question, secondAnswer };
}

function isOneAnswer({ requirement: { kind }, answers }: Asked): boolean {
  return answers.length === 1 && kind !== 'contains' && kind !== 'pattern';
}
