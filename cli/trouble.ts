/** What keeps a command from being done, in a sentence for the user; `hint` says the way out. */
export class Trouble extends Error {
  override name = 'Trouble' as const;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;

  constructor(message: string, { hint, exitCode = 1, cause }: TroubleOptions = {}) {
    super(message, { cause });
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

interface TroubleOptions {
  hint?: string | undefined;
  /** 1: refused or failed. 2: the command was not used rightly. */
  exitCode?: 1 | 2;
  cause?: unknown;
}

/** A command that was not used rightly. */
export function badUsage(message: string, hint?: string): Trouble {
  return new Trouble(message, { hint, exitCode: 2 });
}
