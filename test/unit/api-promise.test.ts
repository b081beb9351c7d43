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

const { paths, components, ...about } = wordless(openApiDocument()) as Record<string, object>;
if (process.env['API_PROMISE'] === 'write') {
  writeFileSync(file, JSON.stringify({ ...about, paths, components }));
}
const promised: Record<string, Record<string, object>> = JSON.parse(readFileSync(file, 'utf8'));

test.each(Object.entries(promised['paths'] ?? {}))('%s is as it was promised', (path, methods) => {
  expect((paths as Record<string, object>)[path]).toEqual(methods);
});

const { schemas, ...schemes } = components as Record<string, Record<string, object>>;
const { schemas: promisedSchemas = {}, ...promisedSchemes } = promised['components'] as Record<
  string,
  Record<string, object>
>;

test.each(Object.entries(promisedSchemas))('%s is as it was promised', (name, schema) => {
  expect(schemas?.[name]).toEqual(schema);
});

test('there are no other paths and schemas, and keys are given as was promised', () => {
  expect(Object.keys(paths as object)).toEqual(Object.keys(promised['paths'] ?? {}));
  expect(Object.keys(schemas ?? {}).sort()).toEqual(Object.keys(promisedSchemas).sort());
  expect(schemes).toEqual(promisedSchemes);
  const { paths: _paths, components: _components, ...promisedAbout } = promised;
  expect(about).toEqual(promisedAbout);
});
