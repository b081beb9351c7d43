import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'checker');

function importsOf(file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
    ([, name = '']) => name,
  );
}

const files = readdirSync(folder);
const ALLOWED = ['../../oracle/oracle.ts', '../../oracle/world.ts'];

test.each(files)('the checker’s %s imports nothing of the product, nor of the simulator', (file) => {
  const outside = importsOf(file).filter((name) => !/^\.\/[\w-]+\.ts$/.test(name));
  expect(outside.filter((name) => !ALLOWED.includes(name))).toEqual([]);
});

test('all of it is looked at', () => {
  expect(files.length).toBeGreaterThan(5);
});
