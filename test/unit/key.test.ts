import { digest } from '../../core/id.ts';
import { type Ability, mayActOn, newKey, parseKey, Role, roleMay, sameText } from '../../core/key.ts';
import { makeAuthenticate } from '../../lambdas/shared/authenticate.ts';

describe('a key', () => {
  test('is read back', () => {
    const { key, keyId, secretHash } = newKey();
    const parsed = parseKey(key);
    expect(parsed?.keyId).toBe(keyId);
    expect(digest(parsed!.secret)).toBe(secretHash);
  });

  test('is of letters and digits, and has the id that was asked for', () => {
    const { key, keyId } = newKey('0123456789abcdef');
    expect(keyId).toBe('key_0123456789abcdef');
    expect(key).toMatch(/^sbx_0123456789abcdef_[0-9A-Za-z]{32}[0-9a-f]{6}$/);
    const letters = new Set(Array.from({ length: 200 }, () => newKey().key.slice(21, 53)).join(''));
    expect(letters.size).toBe(62);
  });

  test('favours no letter', () => {
    const letters = Array.from({ length: 2_000 }, () => newKey().key.slice(21, 53)).join('');
    // The first eight of 62, of which a plain remainder of a byte would make a quarter more.
    const share = letters.replace(/[^0-7]/g, '').length / letters.length;
    expect(share / (8 / 62)).toBeGreaterThan(0.9);
    expect(share / (8 / 62)).toBeLessThan(1.1);
  });

  test.each([
    ['something before it', (key: string) => `x${key}`],
    ['something behind it', (key: string) => `${key}0`],
    ['another beginning', (key: string) => key.replace('sbx_', 'sby_')],
  ])('with %s is none', (_, changed) => {
    expect(parseKey(changed(newKey().key))).toBeUndefined();
  });

  test('with any one character changed is known for mistyped', () => {
    const { key } = newKey();
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === 'a' ? 'b' : 'a';
      expect(parseKey(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined();
    }
  });
});

test.each([
  [{ keyId: 'k', role: 'member', team: 'a' }, 'automations:write', 'a', true],
  [{ keyId: 'k', role: 'member', team: 'a' }, 'automations:write', 'b', false],
  [{ keyId: 'k', role: 'member', team: 'a' }, 'secrets:write', 'a', false],
  [{ keyId: 'k', role: 'sender', team: 'a' }, 'events:post', 'a', true],
  [{ keyId: 'k', role: 'sender', team: 'a' }, 'team:read', 'a', false],
  [{ keyId: 'k', role: 'viewer', team: 'a' }, 'events:post', 'a', false],
  [{ keyId: 'k', role: 'org_admin' }, 'secrets:write', 'b', true],
] as const)('%j and %s on team %s: %p', (caller, ability, team, expected) => {
  expect(mayActOn(caller, ability, team)).toBe(expected);
});

test.each<[Ability, Role[]]>([
  ['events:post', ['org_admin', 'admin', 'member', 'sender']],
  ['watched:read', ['org_admin', 'admin', 'member', 'viewer', 'sender']],
  ['team:read', ['org_admin', 'admin', 'member', 'viewer']],
  ['automations:write', ['org_admin', 'admin', 'member']],
  ['integrations:write', ['org_admin', 'admin']],
  ['secrets:write', ['org_admin', 'admin']],
  ['keys:write', ['org_admin', 'admin']],
  ['audit:read', ['org_admin', 'admin']],
  ['organization:write', ['org_admin']],
])('%s is what %j may', (ability, roles) => {
  expect(Role.options.filter((role) => roleMay(role, ability))).toEqual(roles);
});

test('texts are compared whole', () => {
  expect(sameText('abc', 'abc')).toBe(true);
  expect(['abd', 'ab', 'abcd', ''].map((other) => sameText('abc', other))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

describe('authentication', () => {
  const { key, ...made } = newKey();
  const stored = {
    ...made,
    role: 'sender' as const,
    team: 'a',
    name: 'n',
    createdAtMs: 0,
    createdBy: 'key_admin',
    version: 1,
  };
  const setUp = (change: object = {}) => {
    let reads = 0;
    let nowMs = 1000;
    const authenticate = makeAuthenticate({
      readKey: async (keyId) => {
        reads++;
        return keyId === stored.keyId ? { ...stored, ...change } : undefined;
      },
      readAdminKey: async () => 'AdminAdminAdmin',
      now: () => nowMs,
    });
    return {
      authenticate,
      reads: () => reads,
      later: (ms: number) => {
        nowMs += ms;
      },
    };
  };

  test('knows a key and the admin key', async () => {
    const { authenticate } = setUp();
    expect(await authenticate(`Bearer ${key}`)).toEqual({
      caller: { keyId: stored.keyId, role: 'sender', team: 'a' },
    });
    expect(await authenticate('bearer AdminAdminAdmin')).toMatchObject({ caller: { role: 'org_admin' } });
  });

  test.each([
    ['', /missing/],
    [`Basic ${key}`, /missing/],
    [`Bearer ${key}x`, /mistyped/],
    [`Bearer ${newKey().key}`, /not known here/],
    ['Bearer AdminAdminAdmi', /neither/],
  ])('refuses %p with the reason', async (header, detail) => {
    expect(await setUp().authenticate(header)).toMatchObject({
      problem: { code: 'unauthorized', detail: expect.stringMatching(detail), hint: expect.any(String) },
    });
  });

  test('refuses the id of one key with the secret of another', async () => {
    const { authenticate } = setUp({ secretHash: digest('other') });
    expect(await authenticate(`Bearer ${key}`)).toMatchObject({ problem: { code: 'unauthorized' } });
  });

  test('refuses a key from the moment it expires', async () => {
    expect(await setUp({ expiresAtMs: 1001 }).authenticate(`Bearer ${key}`)).toHaveProperty('caller');
    expect(await setUp({ expiresAtMs: 1000 }).authenticate(`Bearer ${key}`)).toMatchObject({
      problem: { detail: 'this key expired at 1970-01-01T00:00:01.000Z' },
    });
  });

  test('asks again after half a minute, so that a revoked key stops within 60 s behind a 30 s cache', async () => {
    const { authenticate, reads, later } = setUp();
    await authenticate(`Bearer ${key}`);
    await authenticate(`Bearer ${key}`);
    expect(reads()).toBe(1);
    later(30_000);
    await authenticate(`Bearer ${key}`);
    expect(reads()).toBe(2);
  });
});

describe('the last use of a key', () => {
  const { key, ...made } = newKey();
  const stored = {
    ...made,
    role: 'sender',
    team: 'a',
    name: 'n',
    createdAtMs: 0,
    createdBy: 'k',
    version: 1,
  } as const;
  const setUp = (lastUsedAtMs?: number, noteUse?: () => Promise<void>) => {
    const noted: number[] = [];
    let nowMs = 1_000_000;
    const authenticate = makeAuthenticate({
      readKey: async () => ({ ...stored, ...(lastUsedAtMs !== undefined && { lastUsedAtMs }) }),
      readAdminKey: async () => 'AdminAdminAdmin',
      noteUse: noteUse ?? (async (_id, { nowMs: atMs }) => void noted.push(atMs)),
      now: () => nowMs,
    });
    return { authenticate: () => authenticate(`Bearer ${key}`), noted, later: (ms: number) => (nowMs += ms) };
  };

  test('is noted when it was noted five minutes ago or never', async () => {
    const never = setUp();
    await never.authenticate();
    expect(never.noted).toEqual([1_000_000]);
    const recent = setUp(1_000_000 - 299_999);
    await recent.authenticate();
    expect(recent.noted).toEqual([]);
    recent.later(60_000);
    await recent.authenticate();
    expect(recent.noted).toEqual([1_060_000]);
  });

  test('that can’t be noted refuses nobody', async () => {
    const { authenticate } = setUp(undefined, async () => {
      throw new Error('no room');
    });
    const silent = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    expect(await authenticate()).toHaveProperty('caller');
    silent.mockRestore();
  });
});
