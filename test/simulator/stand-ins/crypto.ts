// Stands in for node:crypto: hashes are real, chance is the world's.
import * as real from 'node:crypto';
import { ambient } from '../ambient.ts';

export const randomBytes = (count: number) => ambient.host.bytes(count);
export const randomUUID = () => ambient.host.bytes(16).toString('hex');
export const { createHash, createHmac, timingSafeEqual } = real;
