import {
  type AutomationDefinition,
  compiledFilter,
  type Head,
  type Revision,
  triggerHash,
} from '../automation.ts';
import type { Filter } from '../filters/filter.ts';

/**
 * An automation made ready for matching. What costs time is made when it is first needed: of many automations in a
 * scope few ever come near an event.
 */
export class Watcher {
  readonly automationId: string;
  readonly revision: number;
  readonly definition: AutomationDefinition;
  /** What was received earlier does not count: its trigger was not saved then, or it was disabled. */
  readonly countsFromMs: number;
  #filter: Filter | undefined;
  #hash: string | undefined;

  constructor(
    head: Pick<Head, 'id' | 'enabledAtMs'>,
    revision: Pick<Revision, 'revision' | 'definition' | 'triggerSavedAtMs'>,
  ) {
    this.automationId = head.id;
    this.revision = revision.revision;
    this.definition = revision.definition;
    this.countsFromMs = Math.max(revision.triggerSavedAtMs, head.enabledAtMs ?? 0);
  }

  get filter(): Filter {
    this.#filter ??= compiledFilter(this.definition.trigger);
    return this.#filter;
  }

  /** Tells whether a latch is of this scope and trigger. */
  get triggerHash(): string {
    this.#hash ??= triggerHash(this.definition);
    return this.#hash;
  }
}
