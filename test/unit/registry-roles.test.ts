import { mayAutomate, mayPostInto, RegistryRole, roleOf } from '../../core/registry.ts';

const registry = {
  roles: { watcher: 'viewer', robot: 'sender', vision: 'member', owner: 'admin' },
} as const;

test.each([
  ['watcher', 'viewer', false, false],
  ['robot', 'sender', true, false],
  ['vision', 'member', true, true],
  ['owner', 'admin', true, true],
  ['stranger', undefined, false, false],
  ['toString', undefined, false, false],
])('the team %s is %s of the registry', (team, role, posts, automates) => {
  expect(roleOf(registry, team)).toBe(role);
  expect(mayPostInto(registry, team)).toBe(posts);
  expect(mayAutomate(registry, team)).toBe(automates);
});

test('a role in a registry is one of four', () => {
  const roles = ['viewer', 'sender', 'member', 'admin', 'owner', ''];
  expect(roles.filter((role) => RegistryRole.safeParse(role).success)).toEqual(roles.slice(0, 4));
});
