import { openApiDocument } from '../../core/api/openapi.ts';
import { paramNames } from '../../core/api/route.ts';
import { routes } from '../../core/api/routes.ts';
import { publicAnswer } from '../../lambdas/admin/document.ts';

type Operation = {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
};
const document = openApiDocument();
const paths = document.paths as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    ...operation,
  })),
);

test('has every route of the table, and no other', () => {
  const described = operations.map(({ operationId, method, path }) => [operationId, method, path]);
  const known = Object.entries(routes).map(([name, { method, path }]) => [name, method, path]);
  expect(described.sort()).toEqual(known.sort());
});

test('has references that lead somewhere only, also from schema to schema', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  const missing = references.filter(([, name = '']) => !Object.hasOwn(document.components.schemas, name));
  expect(references.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
  expect(JSON.stringify(document)).not.toContain('$defs');
});

test.each(operations)('$operationId names its path’s parts and describes each answer', (operation) => {
  const inPath = operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
  expect(inPath).toEqual(paramNames(operation.path));
  for (const [status, { content }] of Object.entries(operation.responses)) {
    if (status === '204' || status === '304') expect(content).toBeUndefined();
    else
      for (const { schema } of Object.values(content ?? { none: { schema: {} } }))
        expect(schema).not.toEqual({});
  }
});

test('is served to everybody, as it is printed', () => {
  const request = { method: 'GET', query: {}, headers: {}, rawBody: Buffer.from(''), requestId: 'r' };
  expect(publicAnswer({ ...request, path: '/v1/openapi.json' })).toMatchObject({
    status: 200,
    body: document,
  });
  expect(publicAnswer({ ...request, path: '/v1/teams' })).toBeUndefined();
});
