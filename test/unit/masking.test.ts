import { asciiJson } from '../../core/json.ts';
import { longestForm, maskerOf } from '../../core/masking.ts';
import { Secret } from '../../core/secret.ts';

const maskOf = (...secrets: string[]) => maskerOf(secrets.map((value) => new Secret(value)));
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const lower = (text: string) => text.replace(/%../g, (code) => code.toLowerCase());
const strict = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

describe('the masker', () => {
  const secret = `s3cr"t/vär<d&e+1 'x\\!`;
  test.each([
    ['as it is', secret],
    ['in JSON', json(secret)],
    ['in JSON within JSON', json(json(secret))],
    ['in a URL', encodeURIComponent(secret)],
    ['in a URL in lower case', lower(encodeURIComponent(secret))],
    ['in a URL as Python has it', strict(secret)],
    ['in a URL as a whole', encodeURI(secret)],
    ['in a form', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['in a URL in JSON', json(encodeURIComponent(secret))],
    ['JSON in a URL', encodeURIComponent(json(secret))],
    ['a URL in a URL', encodeURIComponent(encodeURIComponent(secret))],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['in PHP’s JSON', json(secret).replaceAll('/', '\\/')],
    ['in Python’s JSON', asciiJson(secret).slice(1, -1)],
    ['in Go’s JSON', json(secret).replaceAll('<', '\\u003c').replaceAll('&', '\\u0026')],
    ['JSON in base64', Buffer.from(json(secret)).toString('base64')],
    [
      'in HTML',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
    ],
  ])('takes a secret out %s', (_name, text) => {
    expect(maskOf(secret)(`before ${text} after`)).toBe('before *** after');
  });

  test.each([0, 1, 2, 3, 4, 5])('takes out what stands in base64 behind %i others', (before) => {
    for (const after of ['', 'z', 'zz', 'zzz']) {
      const token = 'c4nary-token-0123456789';
      const text = Buffer.from(`${'y'.repeat(before)}${token}${after}`).toString('base64');
      expect(maskOf(token)(`a ${text}`)).toBe('a ***');
    }
  });

  test.each(['', 'Q', 'Qz', 'Qzq'])('takes out what stands in base64 right behind %j', (before) => {
    const token = 'c4nary-token-0123456789';
    expect(maskOf(token)(`a ${before}${Buffer.from(token).toString('base64')}`)).toBe('a ***');
  });

  test.each(['', 'e'])('takes out what stands in hex right behind %j', (before) => {
    const token = 'c4nary-token-0123456789';
    expect(maskOf(token)(`a ${before}${Buffer.from(token).toString('hex')}`)).toBe('a ***');
  });

  test('takes out what was escaped three times before it was put into base64', () => {
    const text = Buffer.from(json(json(json(secret)))).toString('base64');
    expect(maskOf(secret)(`before ${text} after`)).toBe('before *** after');
  });

  test('takes four characters at the end for the beginning of a secret that was cut, and three for none', () => {
    expect(maskOf('abcdefghij')('x abcd')).toBe('x ***');
    expect(maskOf('abcdefghij')('x abc')).toBe('x abc');
  });

  test('takes the longer secret when one is part of the other, and both when they overlap', () => {
    expect(maskOf('password', 'password-long')('password-long')).toBe('***');
    expect(maskOf('abcdefgh', 'efghijkl')('x abcdefghijkl y')).toBe('x *** y');
    expect(maskOf('abababab')('abababababab!')).toBe('***!');
    expect(maskOf('my-password-is', 'password')('my-password-is known')).toBe('*** known');
  });

  test.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['in JSON in JSON', (text) => json(json(text))],
    ['in a URL', encodeURIComponent],
    ['in JSON escapes', (text) => asciiJson(`é${text}`).slice(7, -1)],
    ['in HTML', (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;')],
    ['in base64', (text) => Buffer.from(`....${text}`).toString('base64')],
    ['in hex', (text) => Buffer.from(`....${text}`).toString('hex')],
  ])('shows no more than three characters of a secret that was cut %s', (_name, encode) => {
    const long = 'Q"é&W<Z%TY+U\\IOPASDFGH';
    const text = encode(long);
    for (let length = 0; length <= text.length; length++) {
      const masked = maskOf(long)(`before ${text.slice(0, length)}`).slice('before '.length);
      const decoded = [
        masked,
        Buffer.from(masked, 'base64').toString(),
        Buffer.from(masked, 'hex').toString(),
      ];
      for (const view of decoded) expect(view).not.toMatch(/Q.{1,12}W/);
    }
  });

  test.each(['\\', '\\u', '\\u0', '\\u00', '\\u00e', '\\x', '\\xe', '%', '%C', '&', '&#', '&#2', '&eac'])(
    'takes the beginning of a secret that was cut in the middle of an escape: %s',
    (cut) => {
      expect(maskOf('abcdefghéij')(`x abcdefgh${cut}`)).toBe('x ***');
    },
  );

  test('takes secrets out in whatever order they stand, however each is written', () => {
    const mask = maskOf('first-secret', 'other-secret');
    expect(mask('other-secret, then first-secret')).toBe('***, then ***');
    const encoded = Buffer.from('first-secret').toString('base64');
    expect(mask(`${encoded} first-secret ${encoded} other%2dsecret`)).toBe('*** *** *** ***');
  });

  test('finds credentials that are in base64 twice', () => {
    const credentials = Buffer.from('bot:the-password').toString('base64');
    const twice = Buffer.from(`authorization: Basic ${credentials}`).toString('base64');
    expect(maskOf('the-password', credentials)(`a ${twice}`)).toBe('a ***');
  });

  test('leaves short texts, and says how long its longest form is', () => {
    expect(maskOf('shorter')('a shorter story')).toBe('a shorter story');
    expect(maskOf('shortest')('a shortest story')).toBe('a *** story');
    expect(longestForm([])).toBe(0);
    expect(longestForm([new Secret('12345678')])).toBe(48);
  });

  test('is quick where many long secrets are looked for in much text', () => {
    const secrets = Array.from({ length: 25 }, (_, at) => `"<secret & ${at}>/`.repeat(20));
    const startedAt = performance.now();
    const mask = maskOf(...secrets);
    expect(mask('x'.repeat(256 * 1024)).length).toBe(256 * 1024);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
