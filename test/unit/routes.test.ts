import { paramNames } from '../../core/api/route.ts';
import { findRoute, routes } from '../../core/api/routes.ts';

const rows = Object.entries(routes);
const filled = (path: string) => path.replaceAll(/\{(\w+)\}/g, 'a $1');

test.each(rows)('%s is found by its method and path, with what stands in it', (name, { method, path }) => {
  const params = Object.fromEntries(paramNames(path).map((param) => [param, `a ${param}`]));
  expect(findRoute(method, filled(path))).toEqual({ name, params });
});

test('a path that is a route’s own is no other’s example', () => {
  expect(findRoute('POST', '/v1/automations/test')).toMatchObject({ name: 'testAutomation' });
  expect(findRoute('GET', '/v1/automations/test')).toEqual({ allow: ['POST'] });
  expect(findRoute('GET', '/v1/automations/tests')).toMatchObject({ name: 'readAutomation' });
});

test.each<[string, string, string[]]>([
  ['a method that a path has not', '/v1/automations', ['POST', 'GET']],
  ['a path with a value in it', '/v1/keys/key_1', ['GET', 'PATCH', 'DELETE']],
  ['a path that is not known', '/v1/automation', []],
  ['a path that goes on', '/v1/automations/aut_1/why/not', []],
  ['a path that ends early', '/v1', []],
])('%s is answered by the methods that there are', (_, path, allow) => {
  expect(findRoute('PUT', path)).toEqual({ allow });
});
