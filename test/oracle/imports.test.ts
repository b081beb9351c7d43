import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a file imports, read from its text. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...found].map(([, name = '']) => name);
}

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts'));
const OF_THE_PRODUCT = ['product.ts', 'compare.ts', 'differential.test.ts'];

test.each(files.filter((file) => file !== 'product.ts'))('%s imports nothing of the product', (file) => {
  const outside = importsOf(file).filter((name) => !/^\.\/[\w-]+(\.[\w-]+)*\.ts$/.test(name));
  expect(outside.filter((name) => name !== 'fast-check' && !name.startsWith('node:'))).toEqual([]);
});

test('the oracle and its cases reach nothing but themselves', () => {
  const reached = new Set(['oracle.ts', 'by-hand.ts']);
  for (const file of reached) {
    for (const name of importsOf(file)) if (name.startsWith('./')) reached.add(name.slice(2));
  }
  expect(reached.size).toBeGreaterThan(12);
  expect([...reached].filter((file) => OF_THE_PRODUCT.includes(file))).toEqual([]);
});
