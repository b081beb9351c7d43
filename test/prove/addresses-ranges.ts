/**
 * What is not public, written down from IANA's registries of special-purpose addresses and the clouds' documents.
 * Nothing here comes from the product or from the library that it uses: this is what they are judged by.
 */
export const forbiddenRanges: readonly (readonly [range: string, reason: string])[] = [
  ['0.0.0.0/8', 'this host, this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'carrier-grade NAT (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['168.63.129.16/32', "Azure's platform services"],
  ['169.254.0.0/16', 'link-local, with the metadata services of most clouds (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.0.2.0/24', 'documentation (RFC 5737)'],
  ['192.31.196.0/24', 'AS112 (RFC 7535)'],
  ['192.52.193.0/24', 'automatic multicast tunnels (RFC 7450)'],
  ['192.88.99.0/24', '6to4 relays (RFC 7526)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['192.175.48.0/24', 'AS112 (RFC 7534)'],
  ['198.18.0.0/15', 'benchmarks (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24', 'documentation (RFC 5737)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved, and broadcast (RFC 1112, RFC 919)'],
];

/** Endpoints that hand out credentials or code, and the like, which no list of an operator opens. */
export const neverOpenedAddresses: readonly (readonly [ip: string, reason: string])[] = [
  ['169.254.169.254', 'metadata of AWS, Azure, Google, Oracle, DigitalOcean, Hetzner, OpenStack and others'],
  ['169.254.169.253', "AWS's resolver"],
  ['169.254.169.123', "AWS's clock"],
  ['169.254.170.2', 'credentials of an ECS task'],
  ['169.254.170.23', 'credentials of an EKS pod'],
  ['169.254.100.1', "Lambda's runtime API"],
  ['169.254.0.23', "Tencent's metadata"],
  ['169.254.42.42', "Scaleway's metadata"],
  ['100.100.100.200', "Alibaba's metadata"],
  ['192.0.0.192', "Oracle's older metadata"],
  ['168.63.129.16', "Azure's platform services"],
  ['0.0.0.0', 'this host: Linux connects to loopback'],
  ['0.1.2.3', 'this network'],
  ['224.0.0.1', 'all hosts of the network'],
  ['239.255.255.250', 'service discovery'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'this host: Linux connects to loopback'],
  ['::127.0.0.1', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped loopback'],
  ['::ffff:169.254.169.254', 'IPv4-mapped metadata'],
  ['::ffff:8.8.8.8', 'IPv4-mapped, even of a public address'],
  ['::ffff:0:169.254.169.254', 'IPv4-translated metadata'],
  ['64:ff9b::169.254.169.254', 'metadata behind NAT64'],
  ['64:ff9b:1::169.254.169.254', 'metadata behind a local NAT64'],
  ['2002:a9fe:a9fe::1', 'metadata behind 6to4'],
  ['2002:7f00:1::', 'loopback behind 6to4'],
  ['2001:0:a9fe:a9fe::1', 'metadata as a Teredo server'],
  ['2001:0:5ef5:79fd:0:1:5601:5601', 'metadata as a Teredo client'],
  ['fe80::1', 'link-local'],
  ['fe80::a9fe:a9fe', "OpenStack's metadata"],
  ['fd00:ec2::254', "AWS's metadata"],
  ['fd00:ec2::23', 'credentials of an EKS pod'],
  ['fd00:ec2::123', "AWS's clock"],
  ['fd00:ec2::253', "AWS's resolver"],
  ['fd00:42::42', "Scaleway's metadata"],
  ['fd00:a9fe:a9fe::1', "Akamai's metadata"],
  ['fd20:ce::254', "Google's metadata"],
  ['ff02::1', 'all hosts of the network'],
  ['ff05::2', 'all routers of the site'],
];

/** IPv6 that is not public; public IPv6 is not called either, unless it is listed. */
export const ipv6Addresses: readonly (readonly [ip: string, reason: string])[] = [
  ['::1', 'loopback'],
  ['100::1', 'discarded (RFC 6666)'],
  ['100:0:0:1::1', 'a dummy prefix (RFC 9780)'],
  ['2001:2::1', 'benchmarks'],
  ['2001:10::1', 'ORCHID'],
  ['2001:20::1', 'ORCHIDv2'],
  ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd12:3456:789a::1', 'unique local'],
  ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'the last unique local'],
  ['fec0::1', 'site-local'],
  ['fe80::200:5efe:7f00:1', 'ISATAP around loopback'],
  ['febf::1', 'the last link-local'],
  ['4000::1', 'not given out'],
  ['e000::1', 'not given out'],
  ['2606:4700:4700::1111', 'public, not listed'],
  ['2a00:1450:4001:80b::200e', 'public, not listed'],
  ['2600:1f18::1', 'public, not listed'],
];

/** An address as a number, with its family; undefined for what is none. */
function parse(ip: string): { bits: 32 | 128; value: bigint } | undefined {
  if (/^\d+(\.\d+){3}$/.test(ip)) {
    return { bits: 32, value: ip.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  if (!ip.includes(':')) return undefined;
  const [left = '', right] = new URL(`http://[${ip.replace(/%.*/, '')}]`).hostname.slice(1, -1).split('::');
  const [head, tail] = [left, right ?? ''].map((text) => (text ? text.split(':') : []));
  const zeros = Array.from({ length: 8 - head!.length - tail!.length }, () => '0');
  const value = [...head!, ...zeros, ...tail!].reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
  return { bits: 128, value };
}

function isInRange(ip: string, range: string): boolean {
  const [base = '', length] = range.split('/');
  const [one, other] = [parse(ip), parse(base)];
  if (!one || !other || one.bits !== other.bits) return false;
  const shift = BigInt(one.bits - Number(length ?? one.bits));
  return one.value >> shift === other.value >> shift;
}

export function isListed(ip: string, allowed: string): boolean {
  return allowed.split(',').some((range) => isInRange(ip, range.trim()));
}

/** Whether nobody may be connected to this address in a deployment that lists `allowed`. */
export function isForbidden(ip: string, allowed: string): boolean {
  if (neverOpenedAddresses.some(([never]) => isInRange(ip, never))) return true;
  if (isListed(ip, allowed)) return false;
  return ip.includes(':') || forbiddenRanges.some(([range]) => isInRange(ip, range));
}

/** First and last address of a range, and those right outside it. */
export function edgesOf(range: string): { inside: string[]; outside: string[] } {
  const [base = '', length] = range.split('/');
  const first = parse(base)!.value;
  const size = 1n << BigInt(32 - Number(length));
  const inside = [first, first + size / 2n, first + size / 3n, first + size - 1n];
  const outside = [first - 1n, first + size].filter((value) => value >= 0n && value < 1n << 32n);
  return { inside: [...new Set(inside)].map(dotted), outside: outside.map(dotted) };
}

export function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}
