import * as z from 'zod';
import { GatewayMessage, IDEMPOTENCY_KEY, ProblemBody } from './fields.ts';
import { paramNames, type Route } from './route.ts';
import { routes } from './routes.ts';

type Json = { [name: string]: unknown };

/** The API as an OpenAPI 3.1 document, made from the schemas that check its requests and describe its answers. */
export function openApiDocument() {
  const inputs = converted('input', (route) => ({
    query: route.query,
    ...prefixed('body', { [JSON_TYPE]: route.body, ...route.otherBodies }),
  }));
  const outputs = converted('output', (route) => prefixed('answer', route.answers));
  const paths: { [path: string]: Json } = {};
  for (const [name, route] of Object.entries(routes)) {
    const schemas = (part: string) => inputs.of(`${name} ${part}`) ?? outputs.of(`${name} ${part}`);
    const operation = toOperation(name, route, schemas);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signalbox', version: '1', description: ABOUT },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [...new Set(Object.values(routes).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of this deployment.' } },
      schemas: { ...inputs.named, ...outputs.named },
    },
  };
}

const ABOUT =
  'Automations on ML registry and run events. A list comes in pages: give `next` back as `after`. What is refused is answered by application/problem+json.';
const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

type Parts = { [part: string]: z.ZodType | null | undefined };

function prefixed(prefix: string, parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).map(([name, schema]) => [`${prefix} ${name}`, schema]));
}

/** Schemas of one direction, converted all at once so that those with an id become components. */
function converted(io: 'input' | 'output', partsOf: (route: Route) => Parts) {
  const all: { [name: string]: z.ZodType } = io === 'output' ? { ProblemBody, GatewayMessage } : {};
  for (const [name, route] of Object.entries(routes)) {
    for (const [part, schema] of Object.entries(partsOf(route))) if (schema) all[`${name} ${part}`] = schema;
  }
  const { properties = {}, $defs = {} } = z.toJSONSchema(z.strictObject(all), { io });
  const own = Object.entries($defs).filter(([name]) => !isAnyJson(name));
  return {
    of: (name: string): Json | undefined =>
      name in properties ? (linked(properties[name]) as Json) : undefined,
    named: linked(Object.fromEntries(own)) as Json,
  };
}

/** Only z.json() holds itself, and so has a name that zod gave it. */
const isAnyJson = (name: string) => name.startsWith('__schema');

/** A schema whose references lead to components. */
function linked(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(linked);
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = '$ref' in schema ? String(schema.$ref).replace('#/$defs/', '') : undefined;
  if (name !== undefined) return isAnyJson(name) ? {} : { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(schema).map(([field, part]) => [field, linked(part)]));
}

type SchemaOf = (part: string) => Json | undefined;

function toOperation(operationId: string, route: Route, schemaOf: SchemaOf): Json {
  const { tag, summary, description, body } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(route.ability === 'public' ? { security: [] } : { 'x-ability': route.ability }),
    parameters: [...pathParameters(route), ...queryParameters(schemaOf('query')), ...headerParameters(route)],
    ...(body && { requestBody: { required: true, content: contentOf(route, schemaOf) } }),
    responses: { ...refusals(route), ...answersOf(route, schemaOf) },
  };
}

function pathParameters({ path }: Route): Json[] {
  return paramNames(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  }));
}

function queryParameters(schema: Json | undefined): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: one,
  }));
}

function headerParameters({ versioned, repeatable, method }: Route): Json[] {
  const matched = 'The ETag of what you read: refuses the change when it moved on.';
  const repeated = 'A text of your own: the same request with the same text is done once, for 24 hours.';
  return [
    ...(versioned && isChange(method) ? [header('If-Match', matched, {})] : []),
    ...(repeatable ? [header('Idempotency-Key', repeated, { pattern: IDEMPOTENCY_KEY.source })] : []),
  ];
}

function header(name: string, description: string, limits: object): Json {
  return { name, in: 'header', required: false, description, schema: { type: 'string', ...limits } };
}

const isChange = (method: Route['method']) => ['PUT', 'PATCH', 'DELETE'].includes(method);

function contentOf({ otherBodies = {} }: Route, schemaOf: SchemaOf): Json {
  const types = [JSON_TYPE, ...Object.keys(otherBodies)];
  return Object.fromEntries(types.map((type) => [type, { schema: schemaOf(`body ${type}`) }]));
}

function answersOf(route: Route, schemaOf: SchemaOf): Json {
  const headers = route.versioned && { headers: { ETag: { schema: { type: 'string' } } } };
  const entries = Object.keys(route.answers).map((status) => {
    const schema = schemaOf(`answer ${status}`);
    if (!schema) return [status, { description: 'Done.' }];
    const problem = Number(status) >= 400 && { [PROBLEM_TYPE]: { schema: PROBLEM } };
    const content = { [JSON_TYPE]: { schema }, ...problem };
    return [status, { description: problem ? 'Refused.' : 'Done.', ...headers, content }];
  });
  return Object.fromEntries(entries);
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };
const GATEWAY = { $ref: '#/components/schemas/GatewayMessage' };

/** What any route of this shape may refuse. The gateway in front has answers of its own. */
function refusals(route: Route): Json {
  const takesInput = route.body !== undefined || route.query !== undefined || route.path.includes('{');
  const all: [number, boolean, string][] = [
    [400, true, 'Not JSON, or no path.'],
    [401, route.ability !== 'public', 'The key is missing or does not count.'],
    [403, route.ability !== 'public', 'The key may not do this.'],
    [
      404,
      route.path.includes('{') || route.looksUp === true,
      'There is no such thing, or the key may not see it.',
    ],
    [409, route.conflicts === true, 'A name that is taken, or something that depends on it.'],
    [412, route.versioned === true && isChange(route.method), 'It was changed meanwhile.'],
    [413, route.body !== undefined, 'Too large.'],
    [422, takesInput || route.repeatable === true, 'A field is wrong.'],
    [429, true, 'Too many requests.'],
    [500, true, 'Something went wrong on our side.'],
  ];
  const content = { [PROBLEM_TYPE]: { schema: PROBLEM }, [JSON_TYPE]: { schema: GATEWAY } };
  const told = all.filter(([, isPossible]) => isPossible);
  return Object.fromEntries(told.map(([status, , description]) => [status, { description, content }]));
}
