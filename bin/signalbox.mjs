#!/usr/bin/env node
// The command line through the door to Node 24, so that it starts on any Node.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('../cli/main.ts', import.meta.url)));
await import('./node.mjs');
