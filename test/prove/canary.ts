import { huntCanaries } from './canary-hunt.ts';

// `npm run prove:canary [templates] [seed]`: the same numbers give the same run.
const [templates = 2_000, seed = 1] = process.argv.slice(2).map(Number);
const startedAt = performance.now();
const { leaks, ...figures } = await huntCanaries(templates, seed);
const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1));
console.log(JSON.stringify({ ...figures, leaks: leaks.length, seed, seconds }));
for (const leak of leaks.slice(0, 5)) console.log(leak);
process.exitCode = leaks.length === 0 && figures.carrying > templates / 2 ? 0 : 1;
