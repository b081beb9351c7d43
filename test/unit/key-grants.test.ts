import { mayGrant } from '../../core/key.ts';

const orgAdmin = { keyId: 'k', role: 'org_admin' } as const;
const admin = { keyId: 'k', role: 'admin', team: 'a' } as const;

test.each([
  ['an org_admin may make another', orgAdmin, { role: 'org_admin' }, true],
  ['an org_admin may make a key of any team', orgAdmin, { role: 'admin', team: 'b' }, true],
  ['an admin may make a key of the own team', admin, { role: 'admin', team: 'a' }, true],
  ['an admin may make no key of another team', admin, { role: 'viewer', team: 'b' }, false],
  ['an admin may make no key of the organization', admin, { role: 'org_admin' }, false],
  ['an admin may make no key of the organization in a team', admin, { role: 'org_admin', team: 'a' }, false],
  ['a member may make no key', { ...admin, role: 'member' }, { role: 'viewer', team: 'a' }, false],
  [
    'a key that ends may make one that ends with it',
    { ...admin, expiresAtMs: 9 },
    { role: 'viewer', team: 'a', expiresAtMs: 9 },
    true,
  ],
  [
    'a key that ends may make none that outlives it',
    { ...admin, expiresAtMs: 9 },
    { role: 'viewer', team: 'a', expiresAtMs: 10 },
    false,
  ],
  [
    'a key that ends may make none without an end',
    { ...admin, expiresAtMs: 9 },
    { role: 'viewer', team: 'a' },
    false,
  ],
  ['a key without an end may make one that ends', admin, { role: 'viewer', team: 'a', expiresAtMs: 9 }, true],
] as const)('%s', (_, caller, key, expected) => {
  expect(mayGrant(caller, key)).toBe(expected);
});
