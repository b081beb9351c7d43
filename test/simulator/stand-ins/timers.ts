// Stands in for node:timers/promises.
import { ambient } from '../ambient.ts';

export const setTimeout = async <Value>(ms: number, value?: Value): Promise<Value | undefined> => {
  await ambient.host.sleep(ms);
  return value;
};
