import {
  isAllowedAddress,
  isListedAddress,
  judgeUrl,
  literalAddress,
  parseAllowedRanges,
} from '../../core/address.ts';

const none = parseAllowedRanges('');
const loopback = parseAllowedRanges('127.0.0.0/8,::1/128');

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '52.94.236.248',
  '100.63.255.255',
  '100.128.0.0',
  '172.32.0.1',
  '168.63.129.15',
];

/** At least one address of every block that is not public, mostly first and last. */
const forbiddenAddresses = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.255', '169.254.0.1', '169.254.169.254', '169.254.170.2', '169.254.100.1'],
  ...[
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '192.31.196.1',
    '192.52.193.1',
  ],
  ...['192.88.99.1', '192.168.0.1', '192.175.48.1', '198.18.0.1', '198.19.255.255', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...[
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
  ],
  ...[
    '64:ff9b:1::1',
    '100::1',
    '100:0:0:1::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
  ],
  ...['2001:0:5ef5:79fd:0:1:5601:5601', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fd20:ce::254'],
  ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2606:4700:4700::1111'],
];

/** Not addresses at all in the strict form that resolvers and sockets give. */
const malformed = [
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '1.1.1',
  '1.1.1.1.1',
  '256.1.1.1',
  ' 8.8.8.8',
  '[::1]x',
];

describe('isAllowedAddress', () => {
  test.each(publicAddresses)('%s is public', (ip) => {
    expect(isAllowedAddress(ip, none)).toBe(true);
  });

  test.each([...forbiddenAddresses, ...malformed])('%j is refused', (ip) => {
    expect(isAllowedAddress(ip, none)).toBe(false);
    expect(isListedAddress(ip, none)).toBe(false);
  });

  test.each([
    ['127.0.0.0/8', '127.0.0.1', '10.0.0.1'],
    ['10.1.0.0/16, 10.9.9.9', '10.1.2.3', '10.2.0.1'],
    ['10.1.0.0/16, 10.9.9.9', '10.9.9.9', '10.9.9.8'],
    ['::1/128', '::1', '127.0.0.1'],
    ['2606:4700::/32', '2606:4700:4700::1111', '2607::1'],
    ['127.0.0.0/8', '127.0.0.1', '::ffff:127.0.0.1'],
  ])('the list %s opens %s and not %s', (csv, open, closed) => {
    expect(isAllowedAddress(open, parseAllowedRanges(csv))).toBe(true);
    expect(isAllowedAddress(closed, parseAllowedRanges(csv))).toBe(false);
  });

  test.each([
    ...['169.254.169.254', '169.254.170.2', '168.63.129.16', '0.0.0.0', '224.0.0.1', '255.255.255.255'],
    ...['::', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', 'ff02::1', '::ffff:169.254.169.254'],
  ])('no list opens %s', (ip) => {
    expect(isAllowedAddress(ip, parseAllowedRanges('0.0.0.0/0,::/0'))).toBe(false);
  });
});

describe('parseAllowedRanges', () => {
  test.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0/8',
    'localhost',
    '::/129',
    '10.0.0.0-10.1.0.0',
    '/8',
  ])('names the entry %j that is wrong', (entry) => {
    expect(() => parseAllowedRanges(`127.0.0.0/8,${entry}`)).toThrow(`"${entry}" is not an address range`);
  });

  test('blanks and empty entries are no ranges', () => {
    expect(parseAllowedRanges(' , ,')).toEqual([]);
  });
});

describe('judgeUrl', () => {
  test.each([
    'https://example.com/hook?a=b',
    'https://example.com:443/',
    'https://example.com:8443/',
    'https://EXAMPLE.com./',
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://internal.example.com/',
  ])('takes %s', (url) => {
    for (const allowed of [none, loopback]) {
      expect(judgeUrl(url, allowed)).toMatchObject({ url: { protocol: 'https:' }, onlyListed: false });
    }
  });

  test.each([
    ['', 'not a URL'],
    ['example.com/hook', 'not a URL'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'not a URL'],
    ['ftp://example.com/', 'only https'],
    ['file:///etc/passwd', 'only https'],
    ['javascript:alert(1)', 'only https'],
    ['https://user:pass@example.com/', 'user name or password'],
    ['https://user@example.com/', 'user name or password'],
    ['https://example.com@127.0.0.1/', 'user name or password'],
    ['http://example.com/', 'plain http'],
    ['http://example.com:443/', 'plain http'],
    ['https://example.com:22/', 'port 22'],
    ['https://example.com:80/', 'port 80'],
    ['https://localhost/', 'internal name'],
    ['https://LOCALHOST./', 'internal name'],
    ['https://app.localhost/', 'internal name'],
    ['https://intranet/', 'internal name'],
    ['https://metadata.google.internal/', 'internal name'],
    ['https://metadata.google.internal./', 'internal name'],
    ['https://printer.local/', 'internal name'],
    ['https://127.0.0.1/', 'not public'],
    ['https://127.0.0.1:8443/', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://[2606:4700:4700::1111]/', 'not public'],
  ])('refuses %s where nothing is listed', (url, problem) => {
    expect(judgeUrl(url, none)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test.each([
    'http://localhost:8080/hook',
    'http://127.0.0.1:8080/hook',
    'http://127.1:8080/',
    'http://[::1]:8080/',
    'https://localhost:9000/',
    'http://example.com/',
  ])('with loopback listed, %s may be tried, and only on listed addresses', (url) => {
    expect(judgeUrl(url, loopback)).toMatchObject({ onlyListed: true });
  });

  test.each([
    ['http://8.8.8.8/', 'plain http'],
    ['https://8.8.8.8:22/', 'port 22'],
    ['http://10.0.0.1/', 'plain http'],
    ['https://10.0.0.1/', 'not public'],
    ['http://[::ffff:127.0.0.1]/', 'plain http'],
    ['http://user@127.0.0.1/', 'user name or password'],
  ])('with loopback listed, %s is still refused', (url, problem) => {
    expect(judgeUrl(url, loopback)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('every spelling of a forbidden address is refused', () => {
  const spellings = (ip: string): string[] => {
    const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
    const number = ((a * 256 + b) * 256 + c) * 256 + d;
    const hex = (value: number) => `0x${value.toString(16)}`;
    const octal = (value: number) => `0${value.toString(8)}`;
    const low = (c * 256 + d).toString(16);
    const high = (a * 256 + b).toString(16);
    return [
      ip,
      `${ip}.`,
      String(number),
      hex(number),
      octal(number),
      [a, b, c, d].map(hex).join('.'),
      [a, b, c, d].map(octal).join('.'),
      `${a}.${b}.${c * 256 + d}`,
      `${a}.${(b * 256 + c) * 256 + d}`,
      `${hex(a)}.${b}.${octal(c)}.${d}`,
      ip.replaceAll('.', '。'),
      ip.replaceAll('.', '%2e'),
      ip.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      ip.replace(/[1-9]/g, (digit) => String.fromCodePoint(0x2460 + Number(digit) - 1)),
      `[::${ip}]`,
      `[::ffff:${ip}]`,
      `[::ffff:${high}:${low}]`,
      `[64:ff9b::${ip}]`,
      `[64:ff9b:1::${ip}]`,
      `[2002:${high}:${low}::1]`,
      `[2001:0:${high}:${low}::1]`,
    ];
  };
  const forbidden = forbiddenAddresses.filter((ip) => ip.includes('.') && !ip.includes(':'));

  test.each(forbidden)('%s', (ip) => {
    const passed = spellings(ip).filter((host) => !('problem' in judgeUrl(`https://${host}/`, none)));
    expect(passed).toEqual([]);
  });

  test('the spellings are read as addresses, so that the test above is about addresses', () => {
    for (const host of spellings('127.0.0.1').slice(0, 14)) {
      expect(new URL(`https://${host}/`).hostname).toBe('127.0.0.1');
    }
    expect(literalAddress('[::1]')).toBe('::1');
    expect(literalAddress('example.com')).toBeUndefined();
  });
});
