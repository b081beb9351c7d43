import { sizeOf } from '../metrics/series.ts';
import { latchBytes, seriesBytes } from '../window-budget.ts';
import type { RunMemory } from './memory.ts';

/** DynamoDB ends an item at 409,600 bytes; names, marks and numbers of a run take less than the rest. */
const MAX_ITEM_BYTES = 402_000;

/** An outbox of more is not worth its write. */
const MAX_OUTBOX_BYTES = 200_000;

/** How many bytes the outbox of a run may take beside all else that is remembered of it. */
export function outboxRoom({ series, latches, pulse }: RunMemory): number {
  const pulseBytes = pulse ? Buffer.byteLength(JSON.stringify(pulse)) : 0;
  const taken = [...series].reduce(
    (sum, [metric, values]) => sum + seriesBytes(metric, sizeOf(values)),
    latchBytes(latches.size) + pulseBytes,
  );
  return Math.min(MAX_OUTBOX_BYTES, MAX_ITEM_BYTES - taken);
}
