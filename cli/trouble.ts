/** What keeps a command from being done, in a sentence for the user; `hint` says the way out. */
export class Trouble extends Error {
  override name = 'Trouble' as const;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, { hint, exitCode = 1, cause }: TroubleOptions = {}) {
    super(message, { cause });
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** 1: refused or failed. 2: the command was not used rightly. 130: stopped by ctrl-C. */
export type ExitCode = 1 | 2 | 130;

interface TroubleOptions {
  hint?: string | undefined;
  exitCode?: ExitCode;
  cause?: unknown;
}

/** A command that was not used rightly. */
export function badUsage(message: string, hint?: string, cause?: unknown): Trouble {
  return new Trouble(message, { hint, exitCode: 2, cause });
}
