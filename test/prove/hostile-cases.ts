import type { Outcome } from '../../core/retry.ts';
import type { SendErrorCode } from '../../lambdas/dispatcher/send.ts';
import type { NameAnswer } from './name-server.ts';

/** One thing that a receiver does with a connection. After the last step it stalls. Text is Latin-1. */
export type Step =
  | { send: string }
  /** Letter by letter; once the text is through it begins again. */
  | { drip: string; everyMs: number }
  /** As fast as the other side reads, for ever. */
  | { flood: string }
  | { sleepMs: number }
  | { end: true }
  | { reset: true };

export type TlsKind =
  | 'trusted'
  | 'expired'
  | 'not yet valid'
  | 'of another host'
  | 'of an unknown authority'
  | 'TLS 1.0'
  | 'TLS 1.1'
  | 'asks for a client certificate'
  | 'HTTP/2 only';

export interface HostileCase {
  group: string;
  name: string;
  /** The outcome's kind, and its code or status. Several may be right where the network decides. */
  ends: readonly Ending[];
  /** Done as soon as the connection stands. */
  onConnect?: readonly Step[];
  /** Done at each request, the first by itself where there are several lists. */
  onRequest?: readonly (readonly Step[])[];
  tls?: TlsKind;
  /** https to a server that does not speak it (it does `onConnect`). */
  isHttps?: boolean;
  /** The host is a name, and this is what the name server says. */
  dns?: readonly NameAnswer[];
  /** How often to send, one after another; every one must end rightly. */
  sends?: number;
  pauseMs?: number;
  bodyBytes?: number;
  retryAfterSeconds?: number;
  /** What the history may show at most, and must not hold. */
  head?: string;
}

export type Ending = 'delivered' | `refused ${string}` | `failed ${SendErrorCode}` | `failed http_status`;

/** The ending of an outcome, as the cases write it. */
export function endingOf(outcome: Outcome): Ending {
  if (outcome.kind === 'delivered') return 'delivered';
  return `${outcome.kind} ${outcome.code}` as Ending;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const EMPTY_OK = `${OK}content-length: 0\r\n\r\n`;
const okWith = (body: string) => `${OK}content-length: ${body.length}\r\n\r\n${body}`;

/** Whether the deadline is what ends this one; every other ends by itself. */
export function isEndedByDeadline({ group, name, ends }: HostileCase): boolean {
  return ends.includes('failed timeout') || ['drip', 'stall'].includes(group) || name === BODY_DRIPS_IN_TLS;
}

const BODY_DRIPS_IN_TLS = 'and a body that drips';

/** All cases, the same ones every time. */
export function hostileCases(): HostileCase[] {
  return [
    ...statuses(),
    ...oddStatusLines(),
    ...drips(),
    ...stalls(),
    ...endless(),
    ...bombs(),
    ...breaks(),
    ...interim(),
    ...framing(),
    ...headers(),
    ...retryAfters(),
    ...redirects(),
    ...secured(),
    ...names(),
    ...sequences(),
    ...uploads(),
  ];
}

/** The contract's table, written once more. */
function endingOfStatus(status: number): Ending {
  if (status < 300) return 'delivered';
  if (status < 400) return 'refused redirect';
  if (status === 410) return 'refused gone';
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'failed http_status';
  return 'refused http_status';
}

function statuses(): HostileCase[] {
  return Array.from({ length: 400 }, (_, n) => n + 200).map((status) => ({
    group: 'status',
    name: String(status),
    onRequest: [[{ send: `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n` }]],
    ends: [endingOfStatus(status)],
  }));
}

function oddStatusLines(): HostileCase[] {
  const bad = ['-1', 'abc', '', '2', '20', '2000', '2OO', '0x0', '٢٠٠', '200200', '+200', ' '];
  return [
    ...bad.map((status) => ({
      group: 'status line',
      name: `the status "${status}"`,
      onRequest: [[{ send: `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n` }, { end: true }]],
      ends: ['failed reset'],
    })),
    ...['000', '042', '099'].map((status) => ({
      group: 'status line',
      name: `the status ${status}`,
      onRequest: [[{ send: `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n` }, { end: true }]],
      ends: ['failed reset', 'failed http_status'],
    })),
    ...['600', '666', '999'].map((status) => ({
      group: 'status line',
      name: `the status ${status}`,
      onRequest: [[{ send: `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n` }]],
      ends: ['failed http_status', 'failed reset'],
    })),
    ...[
      'HTTP/0.9',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/3.0',
      'HTTP/9.9',
      'http/1.1',
      'HTTP',
      'SIP/2.0',
      'XTTP/1.1',
    ].map((version) => ({
      group: 'status line',
      name: `the version ${version}`,
      onRequest: [[{ send: `${version} 200 OK\r\ncontent-length: 0\r\n\r\n` }, { end: true }]],
      // llhttp takes some of them, and then the status counts.
      ends: ['failed reset', 'delivered'],
    })),
    ...['ICY 200 OK\r\n\r\n', 'RTSP/1.0 200 OK\r\n\r\n'].map((line) => ({
      group: 'status line',
      name: line.slice(0, 8),
      onRequest: [[{ send: line }, { end: true }]],
      ends: ['failed reset', 'delivered'],
    })),
    one('status line', 'no reason', [{ send: 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n' }], 'delivered'),
    one(
      'status line',
      'line feeds alone',
      [{ send: 'HTTP/1.1 200 OK\ncontent-length: 0\n\n' }, { end: true }],
      'delivered',
      'failed reset',
    ),
    one(
      'status line',
      'a reason that is not ASCII',
      [{ send: 'HTTP/1.1 200 Tr\xe8s bien \xff\r\ncontent-length: 0\r\n\r\n' }],
      'delivered',
    ),
    one(
      'status line',
      'a reason of 100 KB',
      [{ send: `HTTP/1.1 200 ${'O'.repeat(100_000)}\r\ncontent-length: 0\r\n\r\n` }],
      'delivered',
      'failed response_too_large',
    ),
    one(
      'status line',
      'a reason of 1 MB',
      [{ send: `HTTP/1.1 200 ${'O'.repeat(1_000_000)}\r\ncontent-length: 0\r\n\r\n` }],
      'failed response_too_large',
    ),
    one('status line', 'another protocol', [{ send: 'SSH-2.0-OpenSSH_9.6\r\n' }], 'failed reset'),
    one('status line', 'a mail server', [{ send: '220 mail.example.com ESMTP\r\n' }], 'failed reset'),
    one(
      'status line',
      'a page without headers',
      [{ send: '<html>ok</html>' }, { end: true }],
      'failed reset',
    ),
    one('status line', 'NUL bytes', [{ send: '\0'.repeat(64) }], 'failed reset'),
    one(
      'status line',
      'a request for an answer',
      [{ send: 'GET / HTTP/1.1\r\nhost: a\r\n\r\n' }],
      'failed reset',
    ),
  ] as HostileCase[];
}

function one(group: string, name: string, steps: readonly Step[], ...ends: Ending[]): HostileCase {
  return { group, name, onRequest: [steps], ends };
}

/** What drips is always short of its end when the deadline comes. */
function drips(): HostileCase[] {
  return [1, 5, 20, 100, 250].flatMap((everyMs) => {
    const drip = (name: string, before: string, text: string, ends: Ending): HostileCase =>
      one(
        'drip',
        `${name}, every ${everyMs} ms`,
        [...(before ? [{ send: before }] : []), { drip: text, everyMs }],
        ends,
      );
    return [
      drip('a status line', 'HTTP/1.1 200 ', 'O', 'failed timeout'),
      drip('a header', `${OK}x-a: `, 'a', 'failed timeout'),
      drip('line ends before the status line', '', '\r\n', 'failed timeout'),
      drip('a body with a length', `${OK}content-length: 100000\r\n\r\n`, '.', 'delivered'),
      drip('a body without a length', `${OK}\r\n`, '.', 'delivered'),
      drip('chunks', `${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\n.\r\n', 'delivered'),
      drip('a chunk extension', `${OK}transfer-encoding: chunked\r\n\r\n1;a=`, 'b', 'delivered'),
      drip('trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\nx-a: `, 'a', 'delivered'),
      drip("an error's body", 'HTTP/1.1 500 No\r\ncontent-length: 100000\r\n\r\n', '.', 'failed http_status'),
    ];
  });
}

function stalls(): HostileCase[] {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  const before: [name: string, text: string][] = [
    ['before a byte', ''],
    ['after a byte', 'H'],
    ['in the version', 'HTTP/1.'],
    ['in the status', 'HTTP/1.1 20'],
    ['after the status line', OK],
    ['in a header name', `${OK}content-le`],
    ['in a header value', `${OK}content-length: 1`],
    ['before the last line end', `${OK}content-length: 0\r\n\r`],
    ['after 103', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ];
  const after: [name: string, text: string, head: string][] = [
    ['before a body with a length', `${OK}content-length: 10\r\n\r\n`, ''],
    ['in a body with a length', `${OK}content-length: 10\r\n\r\nabc`, 'abc'],
    ['in a body without a length', `${OK}\r\nabc`, 'abc'],
    ['before the first chunk', chunked, ''],
    ['in a chunk size', `${chunked}a`, ''],
    ['in a chunk', `${chunked}a\r\nabc`, 'abc'],
    ['after a chunk', `${chunked}3\r\nabc\r\n`, 'abc'],
    ['before the last line end of the chunks', `${chunked}3\r\nabc\r\n0\r\n`, 'abc'],
    ['in a trailer', `${chunked}3\r\nabc\r\n0\r\nx-a: `, 'abc'],
    ['in a body of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nabc', 'abc'],
  ];
  return [
    ...before.map(([name, text]) => one('stall', name, text ? [{ send: text }] : [], 'failed timeout')),
    ...after.map(([name, text, head]) => ({ ...one('stall', name, [{ send: text }], 'delivered'), head })),
    {
      group: 'stall',
      name: 'a connection that is accepted and no more',
      onConnect: [],
      ends: ['failed timeout'],
    },
  ];
}

function endless(): HostileCase[] {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  const cases: [name: string, before: string, flood: string, ...Ending[]][] = [
    ['body without a length', `${OK}\r\n`, 'x'.repeat(65_536), 'delivered'],
    [
      'body with a length of 1 TB',
      `${OK}content-length: 1099511627776\r\n\r\n`,
      'x'.repeat(65_536),
      'delivered',
    ],
    ['chunks', chunked, `1000\r\n${'x'.repeat(4_096)}\r\n`.repeat(16), 'delivered'],
    ['chunks of a byte', chunked, '1\r\nx\r\n'.repeat(10_000), 'delivered'],
    ['chunk extension', `${chunked}1;`, 'a'.repeat(65_536), 'delivered'],
    ['chunk size of zeros', chunked, '0'.repeat(65_536), 'delivered'],
    ['trailers', `${chunked}0\r\n`, 'x-a: b\r\n'.repeat(1_000), 'delivered'],
    ['trailer', `${chunked}0\r\nx-a: `, 'b'.repeat(65_536), 'delivered'],
    ['header', `${OK}x-a: `, 'a'.repeat(65_536), 'failed response_too_large'],
    ['header name', OK, 'a'.repeat(65_536), 'failed response_too_large'],
    ['headers', OK, 'x-a: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1_000), 'failed response_too_large'],
    ['headers without values', OK, 'a:\r\n'.repeat(10_000), 'failed response_too_large'],
    ['cookies', OK, `set-cookie: a=${'b'.repeat(1_000)}\r\n`.repeat(50), 'failed response_too_large'],
    [
      'folded header',
      `${OK}x-a: b\r\n`,
      ' c\r\n'.repeat(10_000),
      'failed response_too_large',
      'failed reset',
    ],
    ['status line', 'HTTP/1.1 200 ', 'O'.repeat(65_536), 'failed response_too_large'],
    ['line ends', '', '\r\n'.repeat(30_000), 'failed response_too_large'],
    ['blanks', '', ' '.repeat(65_536), 'failed reset'],
    ['100', '', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2_000), 'failed response_too_large', 'failed reset'],
    ['102', '', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2_000), 'failed response_too_large'],
    ['103', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(2_000), 'failed response_too_large'],
    [
      '103 of many headers',
      '',
      `HTTP/1.1 103 Early Hints\r\n${'link: </a>\r\n'.repeat(500)}\r\n`,
      'failed response_too_large',
    ],
    ['zero bytes', '', '\0'.repeat(65_536), 'failed reset'],
    ['random letters', '', 'kq7Zp'.repeat(10_000), 'failed reset'],
  ];
  return cases.map(([name, before, flood, ...ends]) => ({
    ...one('endless', name, [...(before ? [{ send: before }] : []), { flood }], ...ends),
  }));
}

/** A body that would inflate to 50 MB, in every coding; nothing of it may be inflated. */
function bombs(): HostileCase[] {
  const codings = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'identity', 'unknown'];
  return codings.map((coding) => ({
    ...one('bomb', coding, [{ send: `${OK}content-encoding: ${coding}\r\n` }, { send: BOMB }], 'delivered'),
  }));
}

/** Stands for a length, and 50 kB of gzip that hold 50 MB: the receiver puts them in. */
export const BOMB = '(bomb)';

function breaks(): HostileCase[] {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  const points: [name: string, text: string, ending: Ending][] = [
    ['before a byte', '', 'failed reset'],
    ['in the status line', 'HTTP/1.1 20', 'failed reset'],
    ['in the headers', `${OK}x-a: b\r\n`, 'failed reset'],
    ['after 103', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'failed reset'],
    ['before the body', `${OK}content-length: 10\r\n\r\n`, 'delivered'],
    ['in the body', `${OK}content-length: 10\r\n\r\nabc`, 'delivered'],
    ['in a body without a length', `${OK}\r\nabc`, 'delivered'],
    ['in a chunk', `${chunked}a\r\nabc`, 'delivered'],
    ['before the last chunk', `${chunked}3\r\nabc\r\n`, 'delivered'],
    ['in the body of an error', 'HTTP/1.1 500 No\r\ncontent-length: 10\r\n\r\nabc', 'failed http_status'],
    ['after the answer', EMPTY_OK, 'delivered'],
  ];
  return points
    .flatMap(([name, text, ending]) =>
      ([{ reset: true }, { end: true }] as const).map((how): HostileCase => {
        const wait: Step[] = text ? [{ send: text }, { sleepMs: 30 }] : [];
        return { ...one('break', `${'reset' in how ? 'reset' : 'end'} ${name}`, [...wait, how], ending) };
      }),
    )
    .concat([
      {
        group: 'break',
        name: 'reset at once',
        onConnect: [{ reset: true }],
        ends: ['failed reset', 'failed connect'],
      },
      { group: 'break', name: 'end at once', onConnect: [{ end: true }], ends: ['failed reset'] },
      {
        group: 'break',
        name: 'reset after 50 ms',
        onConnect: [{ sleepMs: 50 }, { reset: true }],
        ends: ['failed reset'],
      },
      {
        group: 'break',
        name: 'an answer before the request',
        onConnect: [{ send: EMPTY_OK }],
        ends: ['delivered', 'failed reset'],
      },
    ]);
}

function interim(): HostileCase[] {
  const codes = [102, 103, 104, 150, 199];
  return [
    ...codes.map((code) =>
      one(
        'interim',
        `${code}, then 200`,
        [{ send: `HTTP/1.1 ${code} X\r\n\r\n${okWith('ok')}` }],
        'delivered',
      ),
    ),
    ...codes.map((code) =>
      one(
        'interim',
        `${code} that drips`,
        [{ drip: `HTTP/1.1 ${code} X\r\n\r\n`, everyMs: 2 }],
        'failed timeout',
      ),
    ),
    one(
      'interim',
      '100 of them, then 200',
      [{ send: `${'HTTP/1.1 103 X\r\n\r\n'.repeat(100)}${okWith('ok')}` }],
      'delivered',
    ),
    one(
      'interim',
      '103 with a length',
      [{ send: `HTTP/1.1 103 X\r\ncontent-length: 5\r\n\r\n${okWith('ok')}` }],
      'delivered',
      'failed reset',
    ),
    one('interim', '100', [{ send: `HTTP/1.1 100 Continue\r\n\r\n${okWith('ok')}` }], 'delivered'),
    one(
      'interim',
      '101 to another protocol',
      [{ send: 'HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n' }],
      'failed reset',
    ),
    one(
      'interim',
      '101 to HTTP/2',
      [{ send: 'HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n\0\0\0' }],
      'failed reset',
    ),
    one(
      'interim',
      '101 alone',
      [{ send: 'HTTP/1.1 101 X\r\n\r\n' }, { sleepMs: 20 }, { end: true }],
      'failed reset',
    ),
  ];
}

function framing(): HostileCase[] {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  const end: Step = { end: true };
  const bodies: [name: string, text: string, ...Ending[]][] = [
    ['HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', 'delivered'],
    ['HTTP/1.0 without one', 'HTTP/1.0 200 OK\r\n\r\nok', 'delivered'],
    [
      'HTTP/1.0 that would be kept',
      'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
      'delivered',
    ],
    [
      'HTTP/1.0 with chunks',
      'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'delivered',
    ],
    ['a length that is too long', `${OK}content-length: 10\r\n\r\nok`, 'delivered'],
    ['a length that is too short', `${OK}content-length: 1\r\n\r\nok`, 'delivered'],
    ['a length below 0', `${OK}content-length: -1\r\n\r\nok`, 'failed reset'],
    ['a length with a plus', `${OK}content-length: +2\r\n\r\nok`, 'failed reset'],
    ['a length in hexadecimal', `${OK}content-length: 0x2\r\n\r\nok`, 'failed reset'],
    ['a length with a fraction', `${OK}content-length: 2.0\r\n\r\nok`, 'failed reset'],
    ['a length beyond 64 bits', `${OK}content-length: 99999999999999999999999\r\n\r\nok`, 'failed reset'],
    ['an empty length', `${OK}content-length: \r\n\r\nok`, 'failed reset', 'delivered'],
    ['the same length twice', `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`, 'failed reset'],
    ['two lengths', `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nok`, 'failed reset'],
    ['two lengths in one header', `${OK}content-length: 1, 2\r\n\r\nok`, 'failed reset'],
    [
      'a length and chunks',
      `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      'failed reset',
    ],
    [
      'chunks and a length',
      `${OK}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      'failed reset',
    ],
    ['an unknown transfer encoding', `${OK}transfer-encoding: magic\r\n\r\nok`, 'delivered', 'failed reset'],
    [
      'chunks that are not last',
      `${OK}transfer-encoding: chunked, gzip\r\n\r\nok`,
      'delivered',
      'failed reset',
    ],
    [
      'chunks twice',
      `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      'delivered',
      'failed reset',
    ],
    ['chunks in capitals', `${OK}Transfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk size that is none', `${chunked}zz\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk size below 0', `${chunked}-2\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk size of 0x2', `${chunked}0x2\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk size beyond 64 bits', `${chunked}ffffffffffffffffff\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['an empty chunk size', `${chunked}\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk longer than said', `${chunked}1\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['a chunk without its line end', `${chunked}2\r\nok0\r\n\r\n`, 'delivered'],
    ['chunks with line feeds alone', `${chunked}2\nok\n0\n\n`, 'delivered'],
    ['a chunk extension with a quote', `${chunked}2;a="\r\nok\r\n0\r\n\r\n`, 'delivered'],
    ['trailers', `${chunked}2\r\nok\r\n0\r\nx-a: b\r\n\r\n`, 'delivered'],
    ['a trailer that sets the status', `${chunked}2\r\nok\r\n0\r\nstatus: 500\r\n\r\n`, 'delivered'],
    ['204 with a body', 'HTTP/1.1 204 No\r\ncontent-length: 2\r\n\r\nok', 'delivered'],
    ['205 with a body', 'HTTP/1.1 205 No\r\ncontent-length: 2\r\n\r\nok', 'delivered'],
    ['304 with a body', 'HTTP/1.1 304 No\r\ncontent-length: 2\r\n\r\nok', 'refused redirect'],
    ['line ends before the answer', `\r\n\r\n${okWith('ok')}`, 'delivered'],
  ];
  return bodies.map(([name, text, ...ends]) => ({ ...one('framing', name, [{ send: text }, end], ...ends) }));
}

function headers(): HostileCase[] {
  const with_ = (name: string, lines: string, ...ends: Ending[]): HostileCase => ({
    ...one(
      'header',
      name,
      [{ send: `${OK}${lines}\r\ncontent-length: 2\r\n\r\nok` }, { end: true }],
      ...ends,
    ),
  });
  return [
    with_('NUL in a value', 'x-a: a\0b', 'failed reset'),
    with_('NUL in a name', 'x\0a: b', 'failed reset'),
    with_('a carriage return alone', 'x-a: a\rx-b: c', 'failed reset'),
    with_('no colon', 'x-a', 'failed reset'),
    with_('no name', ': a', 'failed reset'),
    with_('a blank before the colon', 'x-a : b', 'failed reset', 'delivered'),
    with_('a blank in the name', 'x a: b', 'failed reset'),
    with_('a folded value', 'x-a: b\r\n c', 'delivered', 'failed reset'),
    with_('bytes beyond ASCII', 'x-a: \xe9\xff\x80', 'delivered'),
    with_('a byte beyond ASCII in a name', 'x-\xe9: a', 'failed reset'),
    with_('an escape sequence', 'x-a: \x1b[31m', 'delivered', 'failed reset'),
    with_('300 cookies', 'set-cookie: a=b\r\n'.repeat(300).trimEnd(), 'delivered'),
    with_('one of 10 KB', `x-a: ${'a'.repeat(10_000)}`, 'delivered'),
    with_('one of 20 KB', `x-a: ${'a'.repeat(20_000)}`, 'failed response_too_large'),
    with_('100 of 1 KB', `x-a: ${'a'.repeat(1_000)}\r\n`.repeat(100).trimEnd(), 'failed response_too_large'),
    with_('__proto__', '__proto__: a', 'delivered'),
    with_('constructor', 'constructor: a\r\ntoString: b', 'delivered'),
    with_('an upgrade nobody asked for', 'upgrade: h2c\r\nconnection: upgrade', 'delivered', 'failed reset'),
    with_('alt-svc to an inner host', 'alt-svc: h2="169.254.169.254:443"', 'delivered'),
    with_('refresh to an inner host', 'refresh: 0; url=http://127.0.0.1/', 'delivered'),
    with_('keep-alive for a year', 'keep-alive: timeout=31536000', 'delivered'),
    with_('keep-alive below 0', 'keep-alive: timeout=-1', 'delivered'),
    with_('keep-alive without sense', 'keep-alive: timeout=abc, max=', 'delivered'),
    {
      ...one('header', 'a body that is not UTF-8', [{ send: okWith('\xff\xfe\x80ok') }], 'delivered'),
      head: '\ufffd\ufffd\ufffdok',
    },
    { ...one('header', 'a body of UTF-16', [{ send: okWith('o\0k\0') }], 'delivered'), head: 'o\0k\0' },
    {
      ...one('header', 'a body that is cut in a letter', [{ send: okWith('ok\xe2\x82') }], 'delivered'),
      head: 'ok',
    },
  ];
}

const DAY_SECONDS = 86_400;

function retryAfters(): HostileCase[] {
  const forms: [value: string, seconds: number | undefined][] = [
    ['0', 0],
    ['1', 1],
    ['120', 120],
    [' 12 ', 12],
    ['007', 7],
    ['86400', DAY_SECONDS],
    ['86401', DAY_SECONDS],
    ['99999999999999999999999999', DAY_SECONDS],
    ['9'.repeat(1_000), DAY_SECONDS],
    ['Wed, 21 Oct 2099 07:28:00 GMT', DAY_SECONDS],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['Wed, 99 Oct 2099 07:28:00 GMT', undefined],
    ['-5', undefined],
    ['+5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['', undefined],
    ['soon', undefined],
    ['12, 13', undefined],
    ['12 seconds', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['2099-10-21T07:28:00Z', undefined],
    ['\xb2', undefined],
  ];
  return forms.flatMap(([value, seconds]) =>
    [429, 503].map((status): HostileCase => {
      const send = `HTTP/1.1 ${status} X\r\nretry-after: ${value}\r\ncontent-length: 0\r\n\r\n`;
      return {
        ...one(
          'retry-after',
          `${status}: ${JSON.stringify(value.slice(0, 40))}`,
          [{ send }],
          'failed http_status',
        ),
        ...(seconds !== undefined && { retryAfterSeconds: seconds }),
      };
    }),
  );
}

/** Stands for the port of a receiver that nobody may come to. */
export const TRAP = '(trap)';

function redirects(): HostileCase[] {
  const locations = [
    `http://127.0.0.1:${TRAP}/`,
    `http://127.0.0.2:${TRAP}/`,
    `//127.0.0.1:${TRAP}/`,
    `https://127.0.0.1:${TRAP}/`,
    `http://user@127.0.0.1:${TRAP}/`,
    `http://localhost:${TRAP}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    '/again',
    '?again',
    '',
    'x'.repeat(8_000),
    'http://\xe9/',
    `http://127.0.0.1:${TRAP}/\r\nset-cookie: a=b`,
  ];
  return locations.flatMap((location) =>
    [301, 302, 303, 307, 308].map((status): HostileCase => {
      const send = `HTTP/1.1 ${status} X\r\nlocation: ${location}\r\ncontent-length: 6\r\n\r\nsecret`;
      return {
        ...one('redirect', `${status} to ${location.slice(0, 40)}`, [{ send }], 'refused redirect'),
        head: '',
      };
    }),
  );
}

function secured(): HostileCase[] {
  const group = 'TLS';
  const kinds: [TlsKind, ...Ending[]][] = [
    ['trusted', 'delivered'],
    ['expired', 'failed tls'],
    ['not yet valid', 'failed tls'],
    ['of another host', 'failed tls'],
    ['of an unknown authority', 'failed tls'],
    ['TLS 1.0', 'failed tls'],
    ['TLS 1.1', 'failed tls'],
    ['asks for a client certificate', 'failed tls', 'failed reset'],
    ['HTTP/2 only', 'failed tls', 'delivered'],
  ];
  const raw: [name: string, steps: readonly Step[], ...Ending[]][] = [
    ['that never answers the hello', [], 'failed timeout'],
    ['that drips zeros', [{ drip: '\0', everyMs: 20 }], 'failed timeout', 'failed tls'],
    [
      'that drips a record',
      [{ send: '\x16\x03\x03\x40\x00' }, { drip: '\x02', everyMs: 20 }],
      'failed timeout',
      'failed tls',
    ],
    ['that announces a record and stalls', [{ send: '\x16\x03\x03\x40\x00' }], 'failed timeout'],
    ['that floods records', [{ flood: '\x16\x03\x03\x00\x04\x00\x00\x00\x00'.repeat(1_000) }], 'failed tls'],
    ['that floods warnings', [{ flood: '\x15\x03\x03\x00\x02\x01\x5a'.repeat(100) }], 'failed tls'],
    ['that floods letters', [{ flood: 'x'.repeat(65_536) }], 'failed tls'],
    ['that answers in plain text', [{ send: 'HTTP/1.1 400 Bad Request\r\n\r\n' }], 'failed tls'],
    ['that gives an alert', [{ send: '\x15\x03\x03\x00\x02\x02\x28' }], 'failed tls'],
    ['that ends at once', [{ end: true }], 'failed tls'],
    ['that resets at once', [{ reset: true }], 'failed tls', 'failed connect'],
    ['that resets after 50 ms', [{ sleepMs: 50 }, { reset: true }], 'failed tls', 'failed connect'],
    ['of SSL 2', [{ send: '\x80\x2e\x04\x00\x01\x00\x02' }], 'failed tls'],
  ];
  const inside: HostileCase[] = [
    one(group, 'and no answer', [], 'failed timeout'),
    one(
      group,
      'and a header that drips',
      [{ send: `${OK}x-a: ` }, { drip: 'a', everyMs: 5 }],
      'failed timeout',
    ),
    one(
      group,
      BODY_DRIPS_IN_TLS,
      [{ send: `${OK}content-length: 100000\r\n\r\n` }, { drip: '.', everyMs: 5 }],
      'delivered',
    ),
    {
      ...one(
        group,
        'and an endless body',
        [{ send: `${OK}\r\n` }, { flood: 'x'.repeat(65_536) }],
        'delivered',
      ),
    },
    {
      ...one(
        group,
        'and endless headers',
        [{ send: OK }, { flood: 'x-a: b\r\n'.repeat(1_000) }],
        'failed response_too_large',
      ),
    },
    {
      ...one(
        group,
        'and a flood of 103',
        [{ flood: 'HTTP/1.1 103 X\r\n\r\n'.repeat(2_000) }],
        'failed response_too_large',
      ),
    },
    {
      ...one(
        group,
        'and an endless chunk extension',
        [{ send: `${OK}transfer-encoding: chunked\r\n\r\n1;` }, { flood: 'a'.repeat(65_536) }],
        'delivered',
      ),
    },
    one(group, 'and a reset', [{ reset: true }], 'failed reset', 'failed tls'),
    one(group, 'and an end', [{ end: true }], 'failed reset'),
    one(group, 'and plain text', [{ send: 'SSH-2.0-x\r\n' }], 'failed reset'),
  ];
  return [
    ...kinds.map(
      ([tls, ...ends]): HostileCase => ({ ...one(group, tls, [{ send: okWith('ok') }], ...ends), tls }),
    ),
    ...raw.map(
      ([name, onConnect, ...ends]): HostileCase => ({ group, name, onConnect, ends, isHttps: true }),
    ),
    ...inside.map((hostile): HostileCase => ({ ...hostile, tls: 'trusted' })),
  ];
}

function names(): HostileCase[] {
  const good = { a: ['127.0.0.1'] };
  const many = Array.from({ length: 300 }, (_, n) => `127.0.${n >> 8}.${n & 255}`);
  const withDns = (name: string, dns: readonly NameAnswer[], ...ends: Ending[]): HostileCase => ({
    ...one('DNS', name, [{ send: okWith('ok') }], ...ends),
    dns,
  });
  return [
    withDns('that answers', [good], 'delivered'),
    withDns('that never answers', [{ isSilent: true }], 'failed timeout'),
    withDns('that answers after the deadline', [{ ...good, delayMs: 5_000 }], 'failed timeout'),
    withDns('that answers late', [{ ...good, delayMs: 200 }], 'delivered'),
    withDns('that answers in garbage', [{ garbage: 'no message of DNS at all' }], 'failed dns'),
    withDns('that answers another question', [{ ...good, hasWrongId: true }], 'failed timeout'),
    withDns('that knows no such name', [{ code: 3 }], 'failed dns'),
    withDns('that fails', [{ code: 2 }], 'failed dns'),
    withDns('that refuses', [{ code: 5 }], 'failed dns'),
    withDns('without addresses', [{}], 'failed dns'),
    withDns('over TCP', [{ ...good, isTruncated: true }], 'delivered'),
    withDns('with an alias', [{ cname: 'other.example.com', ...good }], 'delivered'),
    withDns('with a private address', [{ a: ['10.0.0.1'] }], 'refused blocked'),
    withDns('with metadata', [{ a: ['169.254.169.254'] }], 'refused blocked'),
    withDns(
      'with metadata behind an alias',
      [{ cname: 'metadata.google.internal', a: ['169.254.169.254'] }],
      'refused blocked',
    ),
    withDns('with a public one, where only loopback is open', [{ a: ['93.184.216.34'] }], 'refused blocked'),
    withDns(
      'with 300 addresses, the last private',
      [{ isTruncated: true, a: [...many, '10.0.0.1'] }],
      'refused blocked',
    ),
    withDns('with 300 addresses', [{ isTruncated: true, a: many.slice(1) }], 'delivered'),
    withDns('with IPv6 that is not listed beside it', [{ ...good, aaaa: ['fd00::1'] }], 'delivered'),
    withDns('with IPv6 alone', [{ aaaa: ['fd00::1'] }], 'refused blocked'),
    {
      ...withDns(
        'that answers late, before an answer that is late too',
        [{ ...good, delayMs: 350 }],
        'failed timeout',
      ),
      onRequest: [[{ sleepMs: 350 }, { send: EMPTY_OK }]],
    },
  ];
}

/** Several requests over what may be one connection. 299 is always an answer that nobody asked for. */
function sequences(): HostileCase[] {
  const forged = 'HTTP/1.1 299 Forged\r\ncontent-length: 6\r\n\r\nforged';
  const after: [name: string, answer: readonly Step[], ...Ending[]][] = [
    ['a whole answer more', [{ send: EMPTY_OK + forged }]],
    ['a whole answer more, a little later', [{ send: EMPTY_OK }, { sleepMs: 3 }, { send: forged }]],
    ['half an answer more', [{ send: `${EMPTY_OK}HTTP/1.1 299 For` }]],
    ['letters', [{ send: `${EMPTY_OK}garbage` }]],
    ['line ends', [{ send: `${EMPTY_OK}\r\n\r\n` }]],
    ['103', [{ send: `${EMPTY_OK}HTTP/1.1 103 X\r\n\r\n` }]],
    ['a body that is longer than said', [{ send: `${OK}content-length: 2\r\n\r\nok${forged}` }]],
    ['a body after 204', [{ send: `HTTP/1.1 204 No\r\ncontent-length: ${forged.length}\r\n\r\n${forged}` }]],
    [
      'a body after 204 with chunks',
      [{ send: `HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n${forged}` }],
    ],
    [
      'an answer after the last chunk',
      [{ send: `${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\n${forged}` }],
    ],
    [
      'an answer after "connection: close"',
      [{ send: `${OK}connection: close\r\ncontent-length: 0\r\n\r\n${forged}` }],
    ],
    ['an answer after HTTP/1.0', [{ send: `HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n${forged}` }]],
    ['a flood', [{ send: EMPTY_OK }, { flood: forged.repeat(1_000) }]],
    ['an end', [{ send: EMPTY_OK }, { end: true }]],
    ['a reset', [{ send: EMPTY_OK }, { reset: true }]],
    ['an end a little later', [{ send: EMPTY_OK }, { sleepMs: 5 }, { end: true }]],
    [
      'an end, "keep-alive" in spite',
      [{ send: `${OK}connection: keep-alive\r\ncontent-length: 0\r\n\r\n` }, { end: true }],
    ],
    ['nothing', [{ send: EMPTY_OK }]],
    ['"keep-alive: timeout=0"', [{ send: `${OK}keep-alive: timeout=0\r\ncontent-length: 0\r\n\r\n` }]],
  ];
  const crossing = ['a whole answer more, a little later', 'a flood'];
  return [0, 10, 40].flatMap((pauseMs) =>
    after
      // What comes after the next request was sent is an answer to it: no client can tell.
      .filter(([name]) => pauseMs > 0 || !crossing.includes(name))
      .map(
        ([name, steps]): HostileCase => ({
          group: 'one after another',
          name: `after each answer ${name}, ${pauseMs} ms apart`,
          onRequest: [steps],
          sends: 4,
          pauseMs,
          // An end may cross the next request: that attempt failed, and comes again.
          ends: ['delivered', 'failed reset'],
        }),
      ),
  );
}

function uploads(): HostileCase[] {
  const early = 'HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
  return [
    {
      group: 'upload',
      name: 'a receiver that answers before it has read',
      onConnect: [{ send: early }, { sleepMs: 50 }, { end: true }],
      bodyBytes: 200_000,
      ends: ['refused http_status', 'failed reset'],
    },
    {
      ...one(
        'upload',
        'a receiver that answers at the first bytes and resets',
        [{ send: early }, { reset: true }],
        'refused http_status',
        'failed reset',
      ),
      bodyBytes: 200_000,
    },
    {
      ...one('upload', 'a receiver that ends at the first bytes', [{ end: true }], 'failed reset'),
      bodyBytes: 200_000,
    },
    {
      ...one('upload', 'a receiver that resets at the first bytes', [{ reset: true }], 'failed reset'),
      bodyBytes: 200_000,
    },
    { ...one('upload', 'a receiver that takes all and is silent', [], 'failed timeout'), bodyBytes: 200_000 },
  ];
}
