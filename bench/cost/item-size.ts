/*
 * How large DynamoDB takes an item to be, by the rules in its developer guide ("DynamoDB item sizes and formats"):
 * names and texts as UTF-8, numbers by their digits, 3 bytes for a list or map and 1 for each of its elements.
 */

export type Attributes = { [name: string]: unknown };

export function itemBytes(item: Attributes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value === 'boolean' || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + 1 + valueBytes(one), 3);
  if (typeof value === 'object') return 3 + Object.keys(value).length + itemBytes(value as Attributes);
  throw new Error(`the bench does not know how large a ${typeof value} is`);
}

/** One byte for two significant digits and one more; another for a minus. */
function numberBytes(value: number): number {
  const [mantissa = ''] = String(value).split('e');
  const digits = mantissa.replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

export const writeUnits = (bytes: number) => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

/** A strongly consistent read takes whole units, any other half as much. */
export const readUnits = (bytes: number, isConsistent: boolean) =>
  Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (isConsistent ? 1 : 0.5);
