// What the product's globals become: every mention of them is replaced when it is bundled.
import { ambient, RealDate } from '../ambient.ts';

export class SimulatedDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(ambient.host.now());
    else super(...given);
  }

  static override now(): number {
    return ambient.host.now();
  }
}

export const simulatedRandom = () => ambient.host.random();
export const simulatedLog = (text: string) => ambient.host.log(text);
export const simulatedPerformance = { now: () => ambient.host.now() };
