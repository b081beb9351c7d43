import type { Filter } from '../filters/filter.ts';
import type { JsonValue } from '../json.ts';
import { ContainedTexts } from './contained-texts.ts';
import { EntryTable } from './entry-table.ts';
import type { EventReader } from './event-reader.ts';
import type { MatchCounts } from './filter-index.ts';
import { grown } from './grown.ts';
import { PairTable } from './pair-table.ts';
import { isScalar, type Question, Questions, SEVERAL } from './questions.ts';

/** What can be found by its filter: an automation, or several with the same one. */
export interface Filed {
  readonly filter: Filter;
}

/** Lists of questions as long as this are kept once, for all the indexes that ask the same. */
const MAX_SHARED = 8;

/** Stands in the place of an answer, for watchers whose filter requires nothing that can be asked for. */
export const ALWAYS = -1;

/** What is known of an entry's filter beside the answer that it is filed under: the number of a question, or one of these. */
const DECIDED = 0;
const UNTRIED = -1;
const TO_TEST = -2;

/**
 * What all filter indexes of a cache share: the questions that each asks an event, and its watchers by the answer
 * that they wait for.
 */
export class FilterShelf<Thing extends Filed> {
  readonly questions = new Questions();
  /** By index: the number of its list of questions. */
  #asked = new Int32Array(16);
  readonly #lists: (readonly Question[])[] = [NOTHING];
  /** The number of the shared list that one becomes with one question more. */
  readonly #longer = new PairTable();
  /** By index and answer: the first of the entries there. */
  readonly #places = new PairTable();
  readonly #entries = new EntryTable<Thing>();
  readonly #textPlaces = new PairTable();
  readonly #texts: ContainedTexts[] = [new ContainedTexts()];
  /** How many watchers of any index always come up: mostly none, and no index is asked for them then. */
  #always = 0;

  /** Sets what an index asks. */
  ask(index: number, questions: Question[]): void {
    this.#asked = grown(this.#asked, index + 1);
    this.#asked[index] = questions.length > MAX_SHARED ? this.#own(index, questions) : this.#share(questions);
  }

  /** A list that is its index's own stays so while it is long. */
  #own(index: number, questions: Question[]): number {
    const list = this.#asked[index] as number;
    if ((this.#lists[list] as readonly Question[]).length <= MAX_SHARED)
      return this.#lists.push(questions) - 1;
    this.#lists[list] = questions;
    return list;
  }

  #share(questions: Question[]): number {
    let list = 0;
    for (const [at, question] of questions.entries()) {
      list = this.#longer.getOrMake(
        list,
        question.number,
        () => this.#lists.push(questions.slice(0, at + 1)) - 1,
      );
    }
    return list;
  }

  /** `isDecided`: that the watcher comes up under this answer says already that its filter takes the event. */
  put(index: number, answer: number, watcher: Thing, isDecided = false): void {
    if (answer === ALWAYS) this.#always++;
    const first = this.#places.getOrMake(index, answer, () => this.#entries.addList());
    this.#entries.put(first, watcher, isDecided ? DECIDED : UNTRIED);
  }

  /** Whether it was there. */
  remove(index: number, answer: number, watcher: Thing): boolean {
    const wasThere = this.#entries.remove(this.#places.get(index, answer), watcher);
    if (wasThere && answer === ALWAYS) this.#always--;
    return wasThere;
  }

  /** How many wait for an answer. */
  waiting(index: number, answer: number): number {
    return this.#entries.lengthOf(this.#places.get(index, answer));
  }

  textsOf(index: number, { number }: Question): ContainedTexts {
    const make = () => this.#texts.push(new ContainedTexts()) - 1;
    return this.#texts[this.#textPlaces.getOrMake(index, number, make)] as ContainedTexts;
  }

  /** Adds the watchers of an index whose filter takes the event. */
  collect(index: number, event: EventReader, into: Thing[], counts?: MatchCounts): void {
    if (this.#always > 0) this.#offer(index, ALWAYS, event, into, counts);
    const questions = this.#lists[this.#asked[index] ?? 0] as readonly Question[];
    for (let at = 0; at < questions.length; at++) {
      const question = questions[at] as Question;
      const answer = question.kind === 'contains' ? SEVERAL : this.questions.answerIn(event, question);
      if (answer > 0) this.#offer(index, answer, event, into, counts);
      else if (answer === SEVERAL) this.#offerAll(index, question, event, into, counts);
    }
  }

  /** Adds those of the watchers that wait for an answer whose filter takes the event. */
  #offer(index: number, answer: number, event: EventReader, into: Thing[], counts?: MatchCounts): void {
    const entries = this.#entries;
    let entry = entries.firstOf(this.#places.get(index, answer));
    while (entry > 0) {
      if (counts) counts.candidates++;
      if (this.#takes(entry, answer, event)) into.push(entries.thingOf(entry));
      entry = entries.after(entry);
    }
  }

  #takes(entry: number, answer: number, event: EventReader): boolean {
    const entries = this.#entries;
    if (entries.hintOf(entry) === UNTRIED) this.#prepare(entry, answer);
    const hint = entries.hintOf(entry);
    if (hint === DECIDED) return true;
    const given = hint === TO_TEST ? SEVERAL : this.questions.answerIn(event, this.questions.numbered(hint));
    return given === SEVERAL
      ? entries.thingOf(entry).filter.test(event.field)
      : given === entries.answerOf(entry);
  }

  /** Notes what else an entry's filter asks, when it first comes up: most never do. */
  #prepare(entry: number, answer: number): void {
    const rest = this.questions.restOf(this.#entries.thingOf(entry).filter, answer);
    this.#entries.setHint(entry, rest ? rest.question.number : TO_TEST, rest ? rest.answer : 0);
  }

  /** For a field with several values, or a value with several parts that are waited for: each watcher once. */
  #offerAll(
    index: number,
    question: Question,
    event: EventReader,
    into: Thing[],
    counts?: MatchCounts,
  ): void {
    const found: Thing[] = [];
    for (const answer of this.#answersIn(index, question, event.values(question.path))) {
      this.#offer(index, answer, event, found, counts);
    }
    // One automation may wait for several of them.
    for (const watcher of new Set(found)) into.push(watcher);
  }

  #answersIn(index: number, question: Question, value: JsonValue | undefined): Set<number> {
    const answers = new Set<number>();
    for (const item of Array.isArray(value) ? value : [value]) {
      if (question.kind === 'contains') this.#addParts(index, question, item, answers);
      else if (isScalar(item)) answers.add(this.questions.answerOf(question, item));
    }
    answers.delete(0);
    return answers;
  }

  #addParts(index: number, question: Question, value: JsonValue | undefined, into: Set<number>): void {
    if (typeof value !== 'string') return;
    for (const text of this.textsOf(index, question).foundIn(value)) {
      into.add(this.questions.answerOfPart(question, text));
    }
  }
}

const NOTHING: readonly Question[] = [];
