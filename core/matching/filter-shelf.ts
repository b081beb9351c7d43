import type { Filter } from '../filters/filter.ts';
import type { JsonValue } from '../json.ts';
import { ContainedTexts } from './contained-texts.ts';
import type { EventReader } from './event-reader.ts';
import type { MatchCounts } from './filter-index.ts';
import { PairTable } from './pair-table.ts';
import { type Clauses, isScalar, type Question, Questions, SEVERAL } from './questions.ts';

/** What can be found by its filter: an automation, or several with the same one. */
export interface Filed {
  readonly filter: Filter;
  /** Set by the index: that it came up says already that its filter takes the event. */
  isDecided: boolean;
  /** Set when it first comes up, where these are all of the filter (else null): a test without opening it. */
  clauses: Clauses | null | undefined;
}

/** Lists of questions as long as this are kept once, for all the indexes that ask the same. */
const MAX_SHARED = 8;

/** Stands in the place of an answer, for watchers whose filter requires nothing that can be asked for. */
export const ALWAYS = -1;

/**
 * What all filter indexes of a cache share: the questions that each asks an event, and its watchers by the answer
 * that they wait for.
 */
export class FilterShelf<Thing extends Filed> {
  readonly questions = new Questions();
  readonly #asked: (readonly Question[])[] = [NOTHING];
  /** Shared lists of questions, and the number of the one that a list becomes with one question more. */
  readonly #lists: (readonly Question[])[] = [NOTHING];
  readonly #longer = new PairTable();
  readonly #places = new PairTable();
  /** One watcher mostly; it stands alone then, because each list on the way to it is one more thing to fetch. */
  readonly #held: (Thing | Thing[] | undefined)[] = [undefined];
  readonly #textPlaces = new PairTable();
  readonly #texts: ContainedTexts[] = [new ContainedTexts()];
  /** How many watchers of any index always come up: mostly none, and no index is asked for them then. */
  #always = 0;

  /** Sets what an index asks. */
  ask(index: number, questions: Question[]): void {
    this.#asked[index] = questions.length > MAX_SHARED ? questions : this.#share(questions);
  }

  #share(questions: Question[]): readonly Question[] {
    let list = 0;
    for (const [at, question] of questions.entries()) {
      list = this.#longer.getOrMake(
        list,
        question.number,
        () => this.#lists.push(questions.slice(0, at + 1)) - 1,
      );
    }
    return this.#lists[list] as readonly Question[];
  }

  put(index: number, answer: number, watcher: Thing): void {
    if (answer === ALWAYS) this.#always++;
    const place = this.#places.getOrMake(index, answer, () => this.#held.push(undefined) - 1);
    const held = this.#held[place];
    if (Array.isArray(held)) held.push(watcher);
    else this.#held[place] = held ? [held, watcher] : watcher;
  }

  /** Whether it was there. */
  remove(index: number, answer: number, watcher: Thing): boolean {
    const place = this.#places.get(index, answer);
    const list = [...this.#heldAt(index, answer)];
    const at = list.indexOf(watcher);
    if (at < 0) return false;
    if (answer === ALWAYS) this.#always--;
    list.splice(at, 1);
    this.#held[place] = list;
    return true;
  }

  /** How many wait for an answer. */
  waiting(index: number, answer: number): number {
    return this.#heldAt(index, answer).length;
  }

  textsOf(index: number, { number }: Question): ContainedTexts {
    const make = () => this.#texts.push(new ContainedTexts()) - 1;
    return this.#texts[this.#textPlaces.getOrMake(index, number, make)] as ContainedTexts;
  }

  /** The watchers of an index whose filter takes the event. */
  matching(index: number, event: EventReader, counts?: MatchCounts): Thing[] {
    const found: Thing[] = [];
    this.collect(index, event, found, counts);
    return found;
  }

  /** Adds them to a list. */
  collect(index: number, event: EventReader, into: Thing[], counts?: MatchCounts): void {
    if (this.#always > 0) this.#offer(index, ALWAYS, event, into, counts);
    const questions = this.#asked[index] ?? NOTHING;
    for (let at = 0; at < questions.length; at++) {
      const question = questions[at] as Question;
      const answer = question.kind === 'contains' ? SEVERAL : this.questions.answerIn(event, question);
      if (answer > 0) this.#offer(index, answer, event, into, counts);
      else if (answer === SEVERAL) this.#offerAll(index, question, event, into, counts);
    }
  }

  /** Adds those of the watchers that wait for an answer whose filter takes the event. */
  #offer(index: number, answer: number, event: EventReader, into: Thing[], counts?: MatchCounts): void {
    const held = this.#held[this.#places.get(index, answer)];
    if (held === undefined) return;
    if (Array.isArray(held)) for (const watcher of held) this.#try(watcher, event, into, counts);
    else this.#try(held, event, into, counts);
  }

  #try(watcher: Thing, event: EventReader, into: Thing[], counts: MatchCounts | undefined): void {
    if (counts) counts.candidates++;
    if (this.#takes(watcher, event)) into.push(watcher);
  }

  #takes(watcher: Thing, event: EventReader): boolean {
    if (watcher.isDecided) return true;
    if (watcher.clauses === undefined) watcher.clauses = this.questions.clausesOf(watcher.filter) ?? null;
    const taken = watcher.clauses && this.questions.holdIn(event, watcher.clauses);
    return taken ?? watcher.filter.test(event.field);
  }

  /** For a field with several values, or a value with several parts that are waited for: each watcher once. */
  #offerAll(index: number, question: Question, event: EventReader, into: Thing[], counts?: MatchCounts): void {
    const value = event.values(question.path);
    const answers = new Set<number>();
    for (const item of Array.isArray(value) ? value : [value]) {
      if (question.kind === 'contains') this.#addParts(index, question, item, answers);
      else if (isScalar(item)) answers.add(this.questions.answerOf(question, item));
    }
    const watchers = new Set<Thing>();
    for (const answer of answers) for (const watcher of this.#heldAt(index, answer)) watchers.add(watcher);
    for (const watcher of watchers) this.#try(watcher, event, into, counts);
  }

  #addParts(index: number, question: Question, value: JsonValue | undefined, into: Set<number>): void {
    if (typeof value !== 'string') return;
    for (const text of this.textsOf(index, question).foundIn(value)) {
      into.add(this.questions.answerOfPart(question, text));
    }
  }

  #heldAt(index: number, answer: number): readonly Thing[] {
    const held = this.#held[this.#places.get(index, answer)];
    if (Array.isArray(held)) return held;
    return held ? [held] : [];
  }
}

const NOTHING: readonly Question[] = [];
