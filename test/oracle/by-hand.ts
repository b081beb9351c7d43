// Cases that were worked out by hand, for the oracle and for the product alike.
import { artifactCases } from './by-hand-artifacts.ts';
import { conditionCases } from './by-hand-conditions.ts';
import { repeatCases } from './by-hand-repeats.ts';
import { silenceCases } from './by-hand-silence.ts';
import { stateCases } from './by-hand-states.ts';
import { windowCases } from './by-hand-windows.ts';
import type { HandCase } from './hand-writing.ts';

export const handCases: HandCase[] = [
  ...conditionCases,
  ...windowCases,
  ...repeatCases,
  ...stateCases,
  ...silenceCases,
  ...artifactCases,
];
