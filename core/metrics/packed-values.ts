import type { ByteReader, ByteWriter } from './packed-bytes.ts';

const BYTES = 8;
const scratch = new DataView(new ArrayBuffer(BYTES));

/**
 * Doubles, without the leading bytes that all of them share and the trailing bytes that are zero in all of them: single
 * precision (what most metrics come from) takes 4 or 5 bytes a value, whole numbers 2 or 3, anything else 7 or 8.
 */
export function writeValues(writer: ByteWriter, values: Float64Array): void {
  const { shared, used } = commonBytes(values);
  writer.byte(shared * 16 + used);
  scratch.setFloat64(0, values[0] ?? 0);
  for (let at = 0; at < shared; at++) writer.byte(scratch.getUint8(at));
  for (const value of values) {
    scratch.setFloat64(0, value);
    for (let at = shared; at < used; at++) writer.byte(scratch.getUint8(at));
  }
}

/** Fills `values` with what writeValues wrote. */
export function readValues(reader: ByteReader, values: Float64Array): void {
  const layout = reader.byte();
  const shared = layout >> 4;
  const used = layout % 16;
  if (shared > used || used > BYTES) throw new Error('a packed series holds values of no known layout');
  scratch.setFloat64(0, 0);
  for (let at = 0; at < shared; at++) scratch.setUint8(at, reader.byte());
  for (let rank = 0; rank < values.length; rank++) {
    for (let at = shared; at < used; at++) scratch.setUint8(at, reader.byte());
    values[rank] = scratch.getFloat64(0);
  }
}

/** How many leading bytes are the same in all values, and up to which byte any has a bit set. */
function commonBytes(values: Float64Array): { shared: number; used: number } {
  scratch.setFloat64(0, values[0] ?? 0);
  const high = scratch.getUint32(0);
  const low = scratch.getUint32(4);
  let highSet = 0;
  let lowSet = 0;
  let highVaries = 0;
  let lowVaries = 0;
  for (const value of values) {
    scratch.setFloat64(0, value);
    highSet |= scratch.getUint32(0);
    lowSet |= scratch.getUint32(4);
    highVaries |= scratch.getUint32(0) ^ high;
    lowVaries |= scratch.getUint32(4) ^ low;
  }
  const zeroBytes = lowSet !== 0 ? trailingZeroBytes(lowSet) : 4 + trailingZeroBytes(highSet);
  const sharedBytes = Math.clz32(highVaries !== 0 ? highVaries : lowVaries) >> 3;
  const used = BYTES - zeroBytes;
  return { shared: Math.min(used, highVaries !== 0 ? sharedBytes : 4 + sharedBytes), used };
}

const trailingZeroBytes = (bits: number) => (bits === 0 ? 4 : (31 - Math.clz32(bits & -bits)) >> 3);
