import { digest } from '../../core/id.ts';
import { mayActOn, newKey, parseKey, roleMay } from '../../core/key.ts';
import { makeAuthenticate } from '../../lambdas/shared/authenticate.ts';

describe('a key', () => {
  test('is read back', () => {
    const { key, keyId, secretHash } = newKey();
    const parsed = parseKey(key);
    expect(parsed?.keyId).toBe(keyId);
    expect(digest(parsed!.secret)).toBe(secretHash);
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

test('only an org_admin may change the organization', () => {
  expect(
    (['admin', 'member', 'viewer', 'sender'] as const).some((role) => roleMay(role, 'organization:write')),
  ).toBe(false);
  expect(roleMay('org_admin', 'organization:write')).toBe(true);
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
