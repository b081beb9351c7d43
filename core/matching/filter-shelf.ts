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
    const held = this.#held[place];
    const list = Array.isArray(held) ? held : held ? [held] : [];
    const at = list.indexOf(watcher);
    if (at < 0) return false;
    if (answer === ALWAYS) this.#always--;
    list.splice(at, 1);
    this.#held[place] = list;
    return true;
  }

  /** How many wait for an answer. */
  waiting(index: number, answer: number): number {
    const held = this.#held[this.#places.get(index, answer)];
    return Array.isArray(held) ? held.length : held ? 1 : 0;
  }

  textsOf(index: number, { number }: Question): ContainedTexts {
    const make = () => this.#texts.push(new ContainedTexts()) - 1;
    return this.#texts[this.#textPlaces.getOrMake(index, number, make)] as ContainedTexts;
  }

  /** The watchers of an index whose filter takes the event. */
  matching(index: number, event: EventReader, counts?: MatchCounts): Thing[] {
    const candidates = this.#candidates(index, event);
    if (counts) counts.candidates += candidates.length;
    return candidates.length === 0 ? candidates : candidates.filter((watcher) => this.#takes(watcher, event));
  }

  #takes(watcher: Thing, event: EventReader): boolean {
    if (watcher.isDecided) return true;
    if (watcher.clauses === undefined) watcher.clauses = this.questions.clausesOf(watcher.filter) ?? null;
    const taken = watcher.clauses && this.questions.holdIn(event, watcher.clauses);
    return taken ?? watcher.filter.test(event.field);
  }

  #candidates(index: number, event: EventReader): Thing[] {
    const found: Thing[] = [];
    if (this.#always > 0) this.#collect(index, ALWAYS, found);
    let isManifold = false;
    for (const question of this.#asked[index] ?? NOTHING) {
      if (this.#ask(index, question, event, found)) isManifold = true;
    }
    // Several values may lead to one watcher.
    return isManifold && found.length > 1 ? [...new Set(found)] : found;
  }

  /** Whether several values led to what was found. */
  #ask(index: number, question: Question, event: EventReader, into: Thing[]): boolean {
    const answer = question.kind === 'contains' ? SEVERAL : this.questions.answerIn(event, question);
    if (answer === SEVERAL) return this.#askAll(index, question, event.values(question.path), into);
    this.#collect(index, answer, into);
    return false;
  }

  /** Whether any was found. */
  #askAll(index: number, question: Question, value: JsonValue | undefined, into: Thing[]): boolean {
    const before = into.length;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (question.kind === 'contains') this.#askForTexts(index, question, item, into);
      else if (isScalar(item)) this.#collect(index, this.questions.answerOf(question, item), into);
    }
    return into.length > before;
  }

  #askForTexts(index: number, question: Question, value: JsonValue | undefined, into: Thing[]): void {
    if (typeof value !== 'string') return;
    for (const text of this.textsOf(index, question).foundIn(value)) {
      this.#collect(index, this.questions.answerOfPart(question, text), into);
    }
  }

  #collect(index: number, answer: number, into: Thing[]): void {
    if (answer === 0) return;
    const held = this.#held[this.#places.get(index, answer)];
    if (Array.isArray(held)) for (const watcher of held) into.push(watcher);
    else if (held) into.push(held);
  }
}

const NOTHING: readonly Question[] = [];
