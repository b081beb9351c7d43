// Stands in for node:crypto: hashes are real, chance is the world's.
import { ambient } from '../ambient.ts';

export { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const randomBytes = (count: number) => ambient.host.bytes(count);
export const randomUUID = () => ambient.host.bytes(16).toString('hex');
