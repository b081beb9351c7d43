import type { Command } from '../ambient.ts';

/** The class of a client's command: its name, and what it is given. */
export function commandOf(kind: string) {
  return class implements Command {
    readonly kind = kind;
    readonly input: unknown;
    constructor(input: unknown) {
      this.input = input;
    }
  };
}
