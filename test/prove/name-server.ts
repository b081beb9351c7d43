import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, isIPv4 } from 'node:net';

/** What a name server says of a name. */
export interface NameAnswer {
  a?: readonly string[];
  aaaa?: readonly string[];
  /** An alias that stands before the addresses. */
  cname?: string;
  /** 0 is NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  code?: number;
  delayMs?: number;
  /** Nothing comes back at all. */
  isSilent?: boolean;
  /** The first datagrams are lost. */
  lost?: number;
  /** Over UDP only "ask again by TCP". */
  isTruncated?: boolean;
  /** The answer bears the number of another question. */
  hasWrongId?: boolean;
  /** Bytes that are no DNS message. */
  garbage?: string;
}

export interface NameServer {
  /** As `setServers` takes it. */
  address: string;
  queries: { name: string; type: 'A' | 'AAAA' }[];
  /** Begins to count from 1 again. */
  forget: () => void;
  stop: () => void;
}

/** A DNS server on loopback, UDP and TCP, that answers as `answerTo` says: the n-th time (from 1) anything it likes. */
export async function startNameServer(
  answerTo: (name: string, n: number) => NameAnswer | undefined,
): Promise<NameServer> {
  const queries: NameServer['queries'] = [];
  const counts = new Map<string, number>();
  const respond = (query: Buffer, isUdp: boolean, send: (bytes: Buffer) => void) => {
    const { name, type, end } = readQuestion(query);
    const key = `${type} ${name}`;
    const n = (counts.get(key) ?? 0) + 1;
    counts.set(key, n);
    queries.push({ name, type });
    const answer = answerTo(name, n) ?? { code: 3 };
    if (answer.isSilent || (answer.lost ?? 0) >= n) return;
    const bytes = answer.garbage ? Buffer.from(answer.garbage) : message(query, end, type, answer, isUdp);
    setTimeout(() => send(bytes), answer.delayMs ?? 0);
  };
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      // Each message stands behind its length, and several may come at once.
      for (let at = 0; at + 2 < data.length; at += 2 + data.readUInt16BE(at)) {
        respond(data.subarray(at + 2, at + 2 + data.readUInt16BE(at)), false, (bytes) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(bytes.length);
          if (!socket.destroyed) socket.write(Buffer.concat([length, bytes]));
        });
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  let isStopped = false;
  udp.on('message', (query, from) => {
    respond(query, true, (bytes) => !isStopped && udp.send(bytes, from.port, from.address));
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  const stop = () => {
    isStopped = true;
    udp.close();
    tcp.close();
  };
  return { address: `127.0.0.1:${port}`, queries, forget: () => counts.clear(), stop };
}

function readQuestion(query: Buffer): { name: string; type: 'A' | 'AAAA'; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1) === 1 ? 'A' : 'AAAA',
    end: at + 5,
  };
}

function message(query: Buffer, end: number, type: 'A' | 'AAAA', answer: NameAnswer, isUdp: boolean): Buffer {
  const isCut = answer.isTruncated === true && isUdp;
  const found = (type === 'A' ? answer.a : answer.aaaa) ?? [];
  const records = isCut || answer.code ? [] : [...aliasOf(answer), ...found.map((ip) => record(ip, answer))];
  const head = Buffer.alloc(12);
  head.writeUInt16BE(query.readUInt16BE(0) ^ (answer.hasWrongId ? 1 : 0), 0);
  head.writeUInt16BE(0x8180 | (isCut ? 0x200 : 0) | (answer.code ?? 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

const QUESTION = Buffer.from([0xc0, 12]);

function aliasOf({ cname }: NameAnswer): Buffer[] {
  return cname === undefined ? [] : [resource(QUESTION, 5, nameBytes(cname))];
}

function record(ip: string, { cname }: NameAnswer): Buffer {
  const owner = cname === undefined ? QUESTION : nameBytes(cname);
  return isIPv4(ip)
    ? resource(owner, 1, Buffer.from(ip.split('.').map(Number)))
    : resource(owner, 28, ipv6Bytes(ip));
}

function resource(owner: Buffer, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fields, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

/** The 16 bytes of an IPv6 address, as URL writes it. */
function ipv6Bytes(ip: string): Buffer {
  const [left = '', right] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [head, tail] = [groups(left), groups(right)];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
