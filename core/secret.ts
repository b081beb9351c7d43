/** What stands in the place of a secret wherever it would otherwise be read. */
export const MASK = '***';

let open: (secret: Secret) => string;

/**
 * The value of a secret, which can't be printed or serialised by accident: whatever makes a text of it makes a mask.
 * Only `reveal` gives the value, and a test lists the files that may call it.
 */
export class Secret {
  readonly #value: string;

  static {
    open = (secret) => secret.#value;
  }

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  /** What console.log and util.inspect show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK;
  }
}

/** The value itself: for the request that carries it and for the masker that looks for it, and for nothing else. */
export function reveal(secret: Secret): string {
  return open(secret);
}
