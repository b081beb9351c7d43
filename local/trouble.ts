/** Something the user can mend: its message is one sentence that says what is wrong and the way out. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
}

/** The code of a system error such as ENOENT, if this is one. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
