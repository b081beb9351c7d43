/** All that happened in a world, as one number; in words as well for those who ask. */
export class Trace {
  readonly lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x01000193;

  constructor(isInWords: boolean) {
    this.lines = isInWords ? [] : undefined;
  }

  note(atMs: number, what: string): void {
    this.#mix(atMs >>> 0);
    for (let at = 0; at < what.length; at++) this.#mix(what.charCodeAt(at));
    this.lines?.push(`${new Date(atMs).toISOString().slice(5, 23)} ${what}`);
  }

  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b);
  }
}
