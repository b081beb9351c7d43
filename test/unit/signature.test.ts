import { Webhook } from 'standardwebhooks';
import { signatureHeaders, standardSignature, wandbSignature } from '../../core/signature.ts';

const now = () => Math.floor(Date.now() / 1_000);
const encoded = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const verifierOf = (secret: string, isEncoded: boolean) =>
  isEncoded ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });

describe('wandbSignature', () => {
  test.each([
    // RFC 4231, test cases 2 and 1 (the key of case 1 is 20 bytes of 0x0b).
    [
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['\x0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  ])('of secret %j is the RFC 4231 digest in lower-case hex', (secret, body, expected) => {
    expect(wandbSignature(body, secret)).toBe(expected);
  });
});

describe('standardSignature is accepted by the standardwebhooks package', () => {
  test.each([
    ['whsec_ secret', encoded, true, '{"a":1}'],
    ['whsec_ secret of 31 bytes', `whsec_${Buffer.alloc(31, 'k').toString('base64')}`, true, '{"a":1}'],
    ['whsec_ secret of 30 bytes', `whsec_${Buffer.alloc(30, 'k').toString('base64')}`, true, '{"a":1}'],
    ['whsec_ secret behind something', `x${encoded}`, false, '{"a":1}'],
    ['whsec_ secret before something', `${encoded} `, false, '{"a":1}'],
    ['plain secret', 'correct horse battery staple', false, '{"a":1}'],
    ['plain secret with non-ASCII letters', 'schlüssel-鍵-🔑', false, '{"a":1}'],
    ['prefix without base64 behind it', 'whsec_not base64!', false, '{"a":1}'],
    ['prefix and a cut-off base64', 'whsec_abcde', false, '{"a":1}'],
    ['prefix alone', 'whsec_', false, '{"a":1}'],
    ['body with non-ASCII letters', encoded, true, '{"name":"Zoë 🚀 \\u2028"}'],
    ['empty body', encoded, true, ''],
  ])('%s', (_what, secret, isEncoded, body) => {
    const timestampSeconds = now();
    const signature = standardSignature({ id: 'dlv_1', timestampSeconds, body, secret });
    const headers = {
      'webhook-id': 'dlv_1',
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signature,
    };
    const verifier = verifierOf(secret, isEncoded);
    expect(() => verifier.verify(body, headers, { jsonParse: false })).not.toThrow();
    expect(() => verifier.verify(`${body} `, headers, { jsonParse: false })).toThrow();
    expect(() =>
      verifier.verify(body, { ...headers, 'webhook-id': 'dlv_2' }, { jsonParse: false }),
    ).toThrow();
  });
});

describe('signatureHeaders', () => {
  const body = '{"a":1}';
  const signed = (secrets: string[]) =>
    signatureHeaders({ deliveryId: 'dlv_1', timestampSeconds: now(), body, secrets });

  test('without secrets: the id and the time, and no signature', () => {
    expect(
      signatureHeaders({ deliveryId: 'dlv_1', timestampSeconds: 1_700_000_000, body, secrets: [] }),
    ).toEqual({
      'webhook-id': 'dlv_1',
      'webhook-timestamp': '1700000000',
    });
  });

  test('during a rotation both the old and the new secret verify, and W&B header is of the newest', () => {
    const headers = signed(['new secret', 'old secret']);
    for (const secret of ['new secret', 'old secret']) {
      expect(() => verifierOf(secret, false).verify(body, headers)).not.toThrow();
    }
    expect(() => verifierOf('another', false).verify(body, headers)).toThrow();
    expect(headers['X-Wandb-Signature']).toBe(wandbSignature(body, 'new secret'));
    const [first] = String(headers['webhook-signature']).split(' ');
    expect(first).toBe(String(signed(['new secret'])['webhook-signature']));
  });
});
