// What clients were promised: a change of the API shows as a change of test/golden/openapi.json.
// `API_PROMISE=write npm test -- test/unit/api-promise` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../../core/api/openapi.ts';

const file = join(import.meta.dirname, '../golden/openapi.json');
const WORDS = ['description', 'summary'];

/** Without its texts, which may be reworded at any time. */
function wordless(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(wordless);
  if (typeof part !== 'object' || part === null) return part;
  const kept = Object.entries(part).filter(
    ([name, value]) => !WORDS.includes(name) || typeof value !== 'string',
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, wordless(value)]));
}

type Parts = Record<string, Record<string, unknown>>;
type Document = { paths: Parts; components: { schemas: Parts } };

const documented = () => wordless(openApiDocument()) as Document;
if (process.env['API_PROMISE'] === 'write') writeFileSync(file, JSON.stringify(documented()));
const promised: Document = JSON.parse(readFileSync(file, 'utf8'));

test('every path takes and answers what was promised', () => {
  expect(documented().paths).toEqual(promised.paths);
});

test('every schema is as it was promised', () => {
  expect(documented().components.schemas).toEqual(promised.components.schemas);
});

test('keys, tags and the rest are as they were promised', () => {
  const rest = ({ paths: _paths, components: { schemas: _schemas, ...other }, ...about }: Document) => [
    about,
    other,
  ];
  expect(rest(documented())).toEqual(rest(promised));
});
