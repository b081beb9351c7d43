import type { Requirement } from '../filters/requirements.ts';
import type { EventReader } from './event-reader.ts';
import { ALWAYS, type Filed, type FilterShelf } from './filter-shelf.ts';
import type { Question } from './questions.ts';
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
    const anchor = this.#anchorAmong(watcher.filter.requirements());
    if (!anchor) {
      this.#shelf.put(this.#number, ALWAYS, watcher);
      return;
    }
    const { questions } = this.#shelf;
    const question = questions.about(anchor);
    this.#count(question, 1);
    for (const answer of questions.answersTo(anchor))
      this.#shelf.put(this.#number, answer, watcher, anchor.whole);
    if (anchor.kind === 'contains') this.#shelf.textsOf(this.#number, question).add(anchor.text);
  }

  remove(watcher: Thing): void {
    const anchor = watcher.filter.requirements().find((one) => this.#takeOut(watcher, one));
    if (anchor || this.#shelf.remove(this.#number, ALWAYS, watcher)) this.#size--;
  }

  /** The watchers whose filter takes the event. */
  matching(event: EventReader, counts?: MatchCounts): Thing[] {
    const found: Thing[] = [];
    this.#shelf.collect(this.#number, event, found, counts);
    return found;
  }

  /** Adds them to a list. */
  collect(event: EventReader, into: Thing[]): void {
    this.#shelf.collect(this.#number, event, into);
  }

  /** What tells the watcher apart best: what the fewest others are filed under so far. */
  #anchorAmong(requirements: Requirement[]): Requirement | undefined {
    if (requirements.length < 2) return requirements[0];
    const sizes = requirements.map((one) => this.#filedUnder(one));
    return requirements[sizes.indexOf(Math.min(...sizes))];
  }

  #filedUnder(requirement: Requirement): number {
    let filed = 0;
    for (const answer of this.#shelf.questions.knownAnswersTo(requirement)) {
      filed += this.#shelf.waiting(this.#number, answer);
    }
    return filed;
  }

  #takeOut(watcher: Thing, anchor: Requirement): boolean {
    const { questions } = this.#shelf;
    const answers = questions.knownAnswersTo(anchor);
    const wasIn = answers.filter((answer) => this.#shelf.remove(this.#number, answer, watcher)).length > 0;
    if (!wasIn) return false;
    const question = questions.about(anchor);
    this.#count(question, -1);
    if (anchor.kind === 'contains') this.#shelf.textsOf(this.#number, question).remove(anchor.text);
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
