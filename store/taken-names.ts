import { nameOf as nameOfAutomation, readAutomation, readHead } from './automations.ts';
import type { Table } from './client.ts';
import { nameOf as nameOfIntegration, readIntegration } from './integrations.ts';
import type { Item } from './items.ts';
import { wholeOf } from './keys.ts';
import { ownerOfName, type ReservedName } from './names.ts';

/** An automation or integration, in the words of whoever reads a list of them. */
export interface Called {
  noun: 'automation' | 'integration';
  id: string;
  team: string;
  name: string;
}

/** One that a copy holds and the table does not. */
interface Missing {
  called: Called;
  reserved: ReservedName;
  /** The id of the integration that it sends to. */
  sendsTo?: string;
}

/** Tells what is missing in a table apart: what may come back from a copy, and what has lost its name to another one. */
export class TakenNames {
  readonly #from: Table;
  readonly #to: Table;
  readonly #passedOver = new Map<string, Called>();
  readonly #judged = new Set<string>();
  readonly #senders: { called: Called; sendsTo: string }[] = [];

  constructor(from: Table, to: Table) {
    this.#from = from;
    this.#to = to;
  }

  /** Whether an item is a part of one whose name another one has. What came back of one does not change the answer. */
  async isOfLost(item: Item): Promise<boolean> {
    const id = wholeOf(item);
    if (id === undefined) return false;
    if (!this.#judged.has(id)) await this.#judge(id);
    this.#judged.add(id);
    return this.#passedOver.has(id);
  }

  get passedOver(): Called[] {
    return [...this.#passedOver.values()];
  }

  /** Automations that may come back, and that send to an integration that may not. */
  get withoutIntegration(): Called[] {
    return this.#senders.filter(({ sendsTo }) => this.#passedOver.has(sendsTo)).map(({ called }) => called);
  }

  async #judge(id: string): Promise<void> {
    const missing = id.startsWith('int_') ? await this.#integration(id) : await this.#automation(id);
    if (!missing) return;
    const { called, reserved, sendsTo } = missing;
    const owner = await ownerOfName(this.#to, reserved);
    if (owner !== undefined && owner !== id) this.#passedOver.set(id, called);
    else if (sendsTo !== undefined) this.#senders.push({ called, sendsTo });
  }

  async #automation(id: string): Promise<Missing | undefined> {
    const found = (await readHead(this.#to, id)) ? undefined : await readAutomation(this.#from, id);
    if (!found) return undefined;
    const { team, name, action } = found.revision.definition;
    return {
      called: { noun: 'automation', id, team, name },
      reserved: nameOfAutomation(found.revision.definition),
      ...(action.type !== 'no_op' && { sendsTo: action.integration }),
    };
  }

  async #integration(id: string): Promise<Missing | undefined> {
    const found = (await readIntegration(this.#to, id)) ? undefined : await readIntegration(this.#from, id);
    if (!found) return undefined;
    const { team, name } = found;
    return { called: { noun: 'integration', id, team, name }, reserved: nameOfIntegration(found) };
  }
}
