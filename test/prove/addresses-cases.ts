import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  dotted,
  edgesOf,
  forbiddenRanges,
  ipv6Addresses,
  isForbidden,
  neverOpenedAddresses,
} from './addresses-ranges.ts';
import type { NameAnswer } from './name-server.ts';

/** One delivery to one URL, and what must become of it. */
export interface AddressCase {
  group: string;
  url: string;
  /**
   * `reached`: delivered at `at`. `blocked`: refused, no socket opened. `cut`: the network led elsewhere than asked,
   * and not a byte was sent. `dns`: no address. `redirect`: the answer points elsewhere, and nobody goes there.
   */
  expect: 'reached' | 'blocked' | 'cut' | 'dns' | 'redirect';
  at?: string;
  reason: string;
  /** What each name answers, time after time; the last answer stays. `*` is any name. */
  dns?: Readonly<Record<string, readonly NameAnswer[]>>;
  /** As in ALLOWED_ADDRESSES. */
  allowed?: string;
  /** Sends before the one that counts: they take the first answers of the names. */
  before?: number;
  /** Where the network leads, whatever address was asked for. */
  peer?: string;
  location?: string;
}

export const PUBLIC = '93.184.216.34';

/** All cases, the same ones every time. */
export function addressCases(): AddressCase[] {
  return [
    ...byHand(),
    ...edges(),
    ...spellings(),
    ...insideIpv6(),
    ...ipv6(),
    ...publicOnes(),
    ...amongOthers(),
    ...rebinding(),
    ...lists(),
    ...neverOpened(),
    ...ports(),
    ...liars(),
    ...redirects(),
  ];
}

function byHand(): AddressCase[] {
  const file = resolve(import.meta.dirname, '../corpora/addresses.json');
  const cases: Omit<AddressCase, 'group'>[] = JSON.parse(readFileSync(file, 'utf8'));
  return cases.map((one) => ({ group: 'by hand', ...one }));
}

const named = (a: readonly string[], aaaa: readonly string[] = []) => ({ '*': [{ a, aaaa }] });

function edges(): AddressCase[] {
  return forbiddenRanges.flatMap(([range, reason]) =>
    edgesOf(range).inside.flatMap((ip): AddressCase[] => [
      { group: 'range, as a literal', url: `https://${ip}/`, expect: 'blocked', reason },
      {
        group: 'range, by name',
        url: 'https://inner.example.com/',
        dns: named([ip]),
        expect: 'blocked',
        reason,
      },
    ]),
  );
}

function spellings(): AddressCase[] {
  const targets = [
    ...forbiddenRanges.map(([range]) => edgesOf(range).inside[1] ?? edgesOf(range).inside[0]!),
    ...['127.0.0.1', '169.254.169.254', '169.254.170.2', '100.100.100.200', '192.168.1.1', '10.1.2.3'],
  ];
  return targets.flatMap((ip) =>
    spellingsOf(ip).map(
      ([host, reason]): AddressCase => ({
        group: 'spelling',
        url: `https://${host}/`,
        expect: 'blocked',
        reason: `${ip} ${reason}`,
      }),
    ),
  );
}

function spellingsOf(ip: string): [host: string, reason: string][] {
  const parts = ip.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => `0x${value.toString(16)}`;
  const octal = (value: number) => `0${value.toString(8)}`;
  const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  return [
    [`${ip}.`, 'with a dot at the end'],
    [String(number), 'as a number'],
    [hex(number), 'as a hexadecimal number'],
    [hex(number).toUpperCase(), 'as a hexadecimal number in capitals'],
    [octal(number), 'as an octal number'],
    [parts.map(hex).join('.'), 'in hexadecimal parts'],
    [parts.map((part) => `0x00${part.toString(16)}`).join('.'), 'in hexadecimal parts with zeros'],
    [parts.map(octal).join('.'), 'in octal parts'],
    [parts.map((part) => `00${octal(part)}`).join('.'), 'in octal parts with zeros'],
    [`${a}.${b}.${c * 256 + d}`, 'in three parts'],
    [`${a}.${(b * 256 + c) * 256 + d}`, 'in two parts'],
    [`${hex(a)}.${b}.${octal(c)}.${d}`, 'in mixed parts'],
    [ip.replaceAll('.', '。'), 'with ideographic dots'],
    [ip.replaceAll('.', '．'), 'with full-width dots'],
    [ip.replaceAll('.', '%2e'), 'with escaped dots'],
    [[...ip].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join(''), 'with everything escaped'],
    [ip.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))), 'in full width'],
    [ip.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit))), 'in mathematical bold'],
    [ip.replace(/[1-9]/g, (digit) => String.fromCodePoint(0x245f + Number(digit))), 'in circles'],
    [ip.replace(/[1-9]/g, (digit) => `${'⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]}`), 'in superscript'],
    [`a.example.com@${ip}`, 'behind a user name'],
    [`${ip}:8443`, 'on port 8443'],
    [`[::${ip}]`, 'IPv4-compatible'],
    [`[::ffff:${ip}]`, 'IPv4-mapped'],
    [`[0:0:0:0:0:ffff:${high}:${low}]`, 'IPv4-mapped, written out'],
    [`[::ffff:0:${ip}]`, 'IPv4-translated'],
    [`[64:ff9b::${ip}]`, 'behind NAT64'],
    [`[64:ff9b:1::${ip}]`, 'behind a local NAT64'],
    [`[2002:${high}:${low}::1]`, 'behind 6to4'],
    [`[2001:0:${high}:${low}::1]`, 'as a Teredo server'],
  ];
}

/** IPv4 inside IPv6 as a name server says it: alone, and beside a public IPv4 address, where it must not be called. */
function insideIpv6(): AddressCase[] {
  return forbiddenRanges.flatMap(([range, reason]) => {
    const [, ip = edgesOf(range).inside[0]!] = edgesOf(range).inside;
    const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
    const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
    const forms = [
      `::ffff:${ip}`,
      `::${ip}`,
      `64:ff9b::${ip}`,
      `2002:${high}:${low}::1`,
      `2001:0:${high}:${low}::`,
    ];
    return forms.flatMap((form): AddressCase[] => [
      {
        group: 'IPv4 inside IPv6',
        url: 'https://six.example.com/',
        dns: named([], [form]),
        expect: 'blocked',
        reason: `${form}: ${reason}`,
      },
      {
        group: 'IPv4 inside IPv6',
        url: 'https://six.example.com/',
        dns: named([PUBLIC], [form]),
        allowed: '10.255.0.0/24',
        expect: 'reached',
        at: PUBLIC,
        reason: `${form} beside ${PUBLIC} is left aside`,
      },
    ]);
  });
}

function ipv6(): AddressCase[] {
  const all = [...ipv6Addresses, ...neverOpenedAddresses.filter(([ip]) => ip.includes(':'))];
  return all.flatMap(([ip, reason]): AddressCase[] => [
    { group: 'IPv6', url: `https://[${ip}]/`, expect: 'blocked', reason },
    { group: 'IPv6', url: 'https://six.example.com/', dns: named([], [ip]), expect: 'blocked', reason },
    {
      group: 'IPv6',
      url: 'https://six.example.com/',
      dns: named(['10.0.0.1'], [ip]),
      expect: 'blocked',
      reason: `${reason}, beside a private address`,
    },
  ]);
}

/** Numbers without a pattern, the same ones every time (an LCG modulo 2^32). */
function* anyNumbers(seed: bigint): Generator<bigint, never> {
  for (let state = seed; ; ) {
    state = (state * 1_664_525n + 1_013_904_223n) & 0xffff_ffffn;
    yield state ^ (state >> 16n);
  }
}

function publicAddresses(): string[] {
  const outside = forbiddenRanges.flatMap(([range]) => edgesOf(range).outside);
  const known = [
    '1.1.1.1',
    '8.8.8.8',
    '9.9.9.9',
    '52.94.236.248',
    '140.82.112.3',
    '34.195.35.128',
    '20.42.65.92',
  ];
  const random = anyNumbers(4n);
  const any = Array.from({ length: 200 }, () => dotted(random.next().value));
  return [...new Set([...outside, ...known, ...any])].filter((ip) => !isForbidden(ip, ''));
}

function publicOnes(): AddressCase[] {
  const reason = 'public';
  return publicAddresses().flatMap((ip, n): AddressCase[] => [
    {
      group: 'public, as a literal',
      url: `https://${ip}${n % 2 ? '' : ':8443'}/`,
      expect: 'reached',
      at: ip,
      reason,
    },
    {
      group: 'public, by name',
      url: `https://h${n}.example.com/hook`,
      dns: named([ip]),
      expect: 'reached',
      at: ip,
      reason,
    },
  ]);
}

function amongOthers(): AddressCase[] {
  const pool = publicAddresses();
  return forbiddenRanges.flatMap(([range, reason], n) =>
    [0, 1, 4, 9, 15].map((place): AddressCase => {
      const addresses = pool.slice(n, n + 15);
      addresses.splice(place, 0, edgesOf(range).inside[0]!);
      return {
        group: 'among public ones',
        url: 'https://many.example.com/',
        dns: named(addresses),
        expect: 'blocked',
        reason: `place ${place + 1} of 16: ${reason}`,
      };
    }),
  );
}

function rebinding(): AddressCase[] {
  const inner = [
    ...forbiddenRanges.map(([range]) => edgesOf(range).inside[0]!),
    '169.254.169.254',
    '127.0.0.1',
  ];
  return inner.flatMap((ip): AddressCase[] => {
    const url = 'https://rebind.example.com/';
    const [good, bad] = [{ a: [PUBLIC] }, { a: [ip] }];
    const toThe = (reason: string, more: Pick<AddressCase, 'expect' | 'dns'> & Partial<AddressCase>) => ({
      group: 'rebinding',
      url,
      reason: `${ip} ${reason}`,
      ...more,
    });
    return [
      toThe('at the second request', { dns: { '*': [good, bad] }, before: 1, expect: 'blocked' }),
      toThe('at the third request', { dns: { '*': [good, good, bad] }, before: 2, expect: 'blocked' }),
      toThe('only at a second look within a request', {
        dns: { '*': [good, bad] },
        expect: 'reached',
        at: PUBLIC,
      }),
      toThe('first, and public later', {
        dns: { '*': [bad, good] },
        before: 1,
        expect: 'reached',
        at: PUBLIC,
      }),
      toThe('joins the public one later', {
        dns: { '*': [good, { a: [PUBLIC, ip] }] },
        before: 1,
        expect: 'blocked',
      }),
      toThe('behind an alias, later', {
        dns: { '*': [good, { cname: 'inner.example.net', a: [ip] }] },
        before: 1,
        expect: 'blocked',
      }),
    ];
  });
}

function lists(): AddressCase[] {
  const pairs: [allowed: string, inside: string, outside: string][] = [
    ['127.0.0.0/8', '127.0.0.1', '10.0.0.1'],
    ['127.0.0.1', '127.0.0.1', '127.0.0.2'],
    ['10.1.0.0/16', '10.1.255.255', '10.2.0.0'],
    ['10.0.0.0/8,192.168.0.0/16', '192.168.7.7', '172.16.0.1'],
    ['100.64.0.0/10', '100.64.0.1', '100.100.100.200'],
    ['172.16.0.0/12', '172.31.255.255', '192.168.0.1'],
    ['10.9.9.9/32', '10.9.9.9', '10.9.9.10'],
    ['0.0.0.0/0', '10.0.0.1', '169.254.169.254'],
    ['198.18.0.0/15', '198.19.255.255', '192.0.2.1'],
    ['8.8.8.8', '8.8.8.8', '8.8.4.4'],
  ];
  return pairs.flatMap(([allowed, inside, outside]): AddressCase[] => {
    const one = { group: 'list of the operator', allowed };
    const [isIn, isOut] = [`${inside} is in ${allowed}`, `${outside} is not in ${allowed}`];
    const name = 'http://app.example.com:8080/';
    return [
      { ...one, url: `http://${inside}:8080/`, expect: 'reached', at: inside, reason: isIn },
      { ...one, url: `https://${inside}/`, expect: 'reached', at: inside, reason: isIn },
      { ...one, url: name, dns: named([inside]), expect: 'reached', at: inside, reason: isIn },
      { ...one, url: 'http://intranet/', dns: named([inside]), expect: 'reached', at: inside, reason: isIn },
      {
        ...one,
        url: 'https://db.internal/',
        dns: named([inside]),
        expect: 'reached',
        at: inside,
        reason: isIn,
      },
      { ...one, url: `http://${outside}:8080/`, expect: 'blocked', reason: isOut },
      { ...one, url: `https://${outside}:22/`, expect: 'blocked', reason: isOut },
      { ...one, url: name, dns: named([outside]), expect: 'blocked', reason: isOut },
      { ...one, url: name, dns: named([inside, outside]), expect: 'blocked', reason: isOut },
      { ...one, url: 'https://db.internal/', dns: named([outside]), expect: 'blocked', reason: isOut },
      { ...one, url: 'http://intranet/', dns: named([inside, outside]), expect: 'blocked', reason: isOut },
    ];
  });
}

function neverOpened(): AddressCase[] {
  const allowed = '0.0.0.0/0,::/0';
  return neverOpenedAddresses.flatMap(([ip, reason]): AddressCase[] => {
    const isSix = ip.includes(':');
    const host = isSix ? `[${ip}]` : ip;
    const dns = isSix ? named([], [ip]) : named([ip]);
    const one = { group: 'never opened', allowed, expect: 'blocked', reason } as const;
    return [
      { ...one, url: `http://${host}/` },
      { ...one, url: `https://${host}/` },
      { ...one, url: `http://${host}:9001/` },
      { ...one, url: 'http://inner.example.com/', dns },
      { ...one, url: 'https://inner.example.com/', dns },
    ];
  });
}

function ports(): AddressCase[] {
  const closed = [
    1, 21, 22, 23, 25, 53, 80, 110, 111, 143, 389, 445, 465, 587, 993, 1433, 2049, 2375, 2773, 3306,
  ].concat([
    3389, 4443, 5432, 5984, 6379, 6443, 8000, 8080, 8444, 9000, 9001, 9042, 9200, 10250, 11211, 27017, 65535,
  ]);
  const schemes = [
    'http',
    'ftp',
    'file',
    'gopher',
    'dict',
    'ws',
    'wss',
    'ldap',
    'tftp',
    'ssh',
    'javascript',
    'data',
    'jar',
  ];
  const dns = named([PUBLIC]);
  return [
    ...closed.flatMap((port): AddressCase[] => [
      {
        group: 'port',
        url: `https://a.example.com:${port}/`,
        dns,
        expect: 'blocked',
        reason: `port ${port}`,
      },
      {
        group: 'port',
        url: `https://8.8.8.8:${port}/`,
        expect: 'blocked',
        reason: `port ${port} of an address`,
      },
      {
        group: 'port',
        url: `https://a.example.com:${port}/`,
        dns,
        allowed: '127.0.0.0/8',
        expect: 'blocked',
        reason: `port ${port} of a public host, where loopback is listed`,
      },
    ]),
    ...schemes.flatMap((scheme): AddressCase[] => [
      { group: 'scheme', url: `${scheme}://a.example.com/`, dns, expect: 'blocked', reason: scheme },
      { group: 'scheme', url: `${scheme}://8.8.8.8/`, expect: 'blocked', reason: `${scheme}, to an address` },
      { group: 'scheme', url: `${scheme}://127.0.0.1/`, expect: 'blocked', reason: `${scheme}, to loopback` },
    ]),
  ];
}

/** A network that leads elsewhere than asked: the third look, at the socket's peer, is what is left. */
function liars(): AddressCase[] {
  const peers = [
    ...forbiddenRanges.map(([range]) => edgesOf(range).inside[0]!),
    '169.254.169.254',
    '127.0.0.1',
  ];
  return peers.flatMap((peer): AddressCase[] => [
    {
      group: 'led astray',
      url: `https://${PUBLIC}/`,
      peer,
      expect: 'cut',
      reason: `a literal led to ${peer}`,
    },
    {
      group: 'led astray',
      url: 'https://a.example.com/',
      dns: named([PUBLIC]),
      peer,
      expect: 'cut',
      reason: `a name led to ${peer}`,
    },
    {
      group: 'led astray',
      url: 'http://a.example.com/',
      dns: named(['198.19.1.1']),
      allowed: '198.19.1.0/24',
      peer: peer === '198.18.0.0' ? PUBLIC : peer,
      expect: 'cut',
      reason: `a listed address led to ${peer}`,
    },
  ]);
}

function redirects(): AddressCase[] {
  const locations = [
    ...neverOpenedAddresses.map(([ip]) => `http://${ip.includes(':') ? `[${ip}]` : ip}/`),
    ...['http://127.0.0.1/', 'https://10.0.0.1/', 'https://a.example.com:22/', 'file:///etc/passwd'],
    ...[
      '//127.0.0.1/',
      '/again',
      'https://8.8.8.8/',
      'gopher://127.0.0.1:6379/_FLUSHALL',
      'http://localhost/',
    ],
  ];
  return locations.map((location) => ({
    group: 'redirect',
    url: 'https://moved.example.com/',
    dns: named([PUBLIC]),
    location,
    expect: 'redirect',
    at: PUBLIC,
    reason: `a redirect to ${location}`,
  }));
}
