import { derivedId, digest, newIdentity, orderedId, randomId } from '../../core/id.ts';

test('the same parts give the same id, and other parts another', () => {
  expect(derivedId('evt', 'a', 'b')).toBe(derivedId('evt', 'a', 'b'));
  expect(derivedId('evt', 'a', 'b')).toMatch(/^evt_[0-9a-f]{32}$/);
  const others = [derivedId('evt', 'ab'), derivedId('evt', 'b', 'a'), derivedId('evt', 'a","b')];
  expect(new Set([derivedId('evt', 'a', 'b'), ...others]).size).toBe(4);
});

test('a random id is like no other', () => {
  expect(randomId('int')).toMatch(/^int_[0-9a-f]{24}$/);
  expect(randomId('int')).not.toBe(randomId('int'));
});

test('ids of later requests come later, whatever their seeds are', () => {
  const [early, late] = [0xff, 0x100].map((atMs) => orderedId('aut', newIdentity(atMs)));
  expect(early).toMatch(/^aut_0000000000ff[0-9a-f]{12}$/);
  expect(late?.startsWith('aut_000000000100')).toBe(true);
});

test('a request that comes again makes the same id, and another at the same time another', () => {
  const identity = newIdentity(5);
  expect(orderedId('aut', identity)).toBe(orderedId('aut', { ...identity }));
  expect(orderedId('aut', newIdentity(5))).not.toBe(orderedId('aut', identity));
});

test('a digest is SHA-256 in hex', () => {
  expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
