import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { reveal, Secret } from '../../core/secret.ts';

const value = 'c4nary-of-the-secret';
const secret = new Secret(value);
const root = join(import.meta.dirname, '../..');

describe('a secret', () => {
  test('is revealed by reveal', () => {
    expect(reveal(secret)).toBe(value);
  });

  const thrown = (work: () => unknown) => {
    try {
      return work();
    } catch (error) {
      return `${error} ${(error as Error).stack}`;
    }
  };
  test.each<[string, () => unknown]>([
    ['String', () => String(secret)],
    ['a template literal', () => `${secret}`],
    ['+', () => ''.concat(secret as unknown as string)],
    ['join', () => [secret].join()],
    ['JSON.stringify', () => JSON.stringify({ a: [secret] })],
    ['util.inspect', () => inspect({ secret }, { showHidden: true, depth: null, getters: true })],
    ['util.inspect without its own way', () => inspect(secret, { customInspect: false, showHidden: true })],
    ['util.format', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
    ['structuredClone', () => inspect(structuredClone(secret))],
    ['a spread', () => inspect({ ...secret })],
    ['Object.entries', () => inspect(Object.entries(secret))],
    ['own property names', () => inspect(Reflect.ownKeys(secret))],
    ['an error’s message', () => new Error(`failed with ${secret}`).stack],
    ['an error’s cause', () => inspect(new Error('failed', { cause: secret }))],
    ['a number', () => Number(secret)],
    ['a date', () => String(new Date(secret as unknown as string))],
    ['a URL', () => thrown(() => new URL(secret as unknown as string))],
    ['a header', () => thrown(() => new Headers({ a: secret as unknown as string }).get('a'))],
    ['a JSON parser', () => thrown(() => JSON.parse(secret as unknown as string))],
    ['a property of it that is missing', () => thrown(() => (secret as unknown as { a: { b: 1 } }).a.b)],
    ['a change of it', () => thrown(() => Object.assign(secret, { a: 1 }))],
  ])('is not shown by %s', (_name, show) => {
    expect(String(show())).not.toContain(value);
  });

  test('is a mask where it is shown', () => {
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect(secret)}`).toBe('*** {"secret":"***"} ***');
  });

  test('can be revealed by no trick on the class', () => {
    const stolen = Object.create(Secret.prototype) as Secret;
    expect(() => reveal(stolen)).toThrow(TypeError);
    expect(Object.isFrozen(secret)).toBe(true);
  });
});

test('only what builds a request and what looks for secrets reveals them', () => {
  const files = ['core', 'store', 'lambdas', 'lib', 'local'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  const revealing = files.filter(
    (file) => file.endsWith('.ts') && /\breveal\b/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(revealing.sort()).toEqual([
    'core/actions/slack.ts',
    'core/actions/webhook.ts',
    'core/masking.ts',
    'core/secret.ts',
  ]);
});
