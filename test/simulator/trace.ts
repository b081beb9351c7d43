/** All that happened in a world, as one number; in words as well for those who ask. */
export class Trace {
  readonly lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x01000193;

  constructor(isInWords: boolean) {
    this.lines = isInWords ? [] : undefined;
  }

  note(atMs: number, ...what: (string | number)[]): void {
    this.#mix(atMs >>> 0);
    for (const part of what) {
      if (typeof part === 'number') this.#mix(part);
      else this.#mixText(part);
    }
    this.lines?.push(`${new Date(atMs).toISOString().slice(5, 23)} ${what.join(' ')}`);
  }

  #mixText(text: string): void {
    let [high, low] = [this.#high, this.#low];
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ (code + (high >>> 15)), 0x85ebca6b);
    }
    this.#high = high;
    this.#low = low;
    this.#mix(text.length);
  }

  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b);
  }
}
