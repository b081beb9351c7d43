// Judges a world by what contract.md promises. It knows what can be seen from outside, and nothing of the product.
import { endings } from './endings.ts';
import { firings } from './firings.ts';
import type { Observed } from './observed.ts';
import { onTheWire } from './on-the-wire.ts';
import { ordering } from './ordering.ts';
import { timing } from './timing.ts';

/** What is wrong, in words, each with the guarantee that is broken. */
export function check(observed: Observed): string[] {
  return [firings, onTheWire, endings, ordering, timing].flatMap((part) => part(observed));
}
