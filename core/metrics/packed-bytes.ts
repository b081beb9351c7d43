/** Room for any number up to 2^53 in groups of seven bits. */
const LONGEST_NUMBER = 8;

/** Bytes that grow as numbers are written to them. */
export class ByteWriter {
  private bytes: Uint8Array;
  private at = 0;

  constructor(room: number) {
    this.bytes = new Uint8Array(room);
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.grow();
    this.bytes[this.at++] = value;
  }

  /** A whole number from 0 on, seven bits a byte, by arithmetic where it goes beyond the 32 bits of shifts. */
  number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** A whole number of either sign, with `flag` in the lowest bit and the sign in the next one. */
  signed(value: number, flag: 0 | 1): void {
    const size = Math.abs(value);
    const first = (size % 32) * 4 + (value < 0 ? 2 : 0) + flag;
    if (size < 32) {
      this.byte(first);
    } else {
      this.byte(first + 128);
      this.number(Math.floor(size / 32));
    }
  }

  done(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  private grow(): void {
    const longer = new Uint8Array(this.bytes.length * 2 + 16);
    longer.set(this.bytes);
    this.bytes = longer;
  }
}

/** Reads what a ByteWriter wrote, and throws where it ends too early or cannot have been written so. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('a packed series ends too early');
    return byte;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < LONGEST_NUMBER; count++) {
      const byte = this.byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new Error('a packed series holds a number that is too long');
  }

  signed(): { value: number; flag: number } {
    const first = this.byte();
    const low = (first % 128) >> 2;
    const size = first < 128 ? low : low + this.number() * 32;
    return { value: (first & 2) === 0 ? size : 0 - size, flag: first & 1 };
  }

  /** Throws unless all was read. */
  end(): void {
    if (this.at !== this.bytes.length) throw new Error('a packed series goes on after its end');
  }
}
