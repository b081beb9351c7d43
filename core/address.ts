import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Range = readonly [Address, number];

/** Address ranges beyond the public ones that a deployment's operator lets webhooks reach. */
export type AllowedRanges = readonly Range[];

/** A URL that may be tried. With `onlyListed` every address of its host must be in the operator's ranges. */
export type JudgedUrl = { url: URL; onlyListed: boolean } | { problem: string };

const PUBLIC_PORTS: ReadonlySet<string> = new Set(['', '443', '8443']);
const MAX_URL_LENGTH = 2_048;

/** Ends of names that mean "in here": they never lead to a public receiver. */
const INTERNAL_SUFFIXES: readonly string[] = [
  'localhost',
  'internal',
  'local',
  'localdomain',
  'home.arpa',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
];

/** What ipaddr.js takes for ordinary addresses and is not: it carries Azure's platform services. */
const PRIVATE_BESIDE_LIBRARY: AllowedRanges = [ipaddr.parseCIDR('168.63.129.16/32')];

/** No operator's list opens these: metadata and runtime endpoints, "this host", and addresses of many hosts. */
const NEVER: AllowedRanges = [
  '0.0.0.0/8',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '192.0.0.192/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  'fd00:42::42/128',
  'fd00:a9fe:a9fe::/48',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fe80::/10',
  'ff00::/8',
].map((range) => ipaddr.parseCIDR(range));

/** IPv6 forms with an IPv4 address inside (mapped, translated, 6to4, Teredo): they would go round every rule for it. */
const CARRIERS_OF_IPV4: AllowedRanges = [
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
].map((range) => ipaddr.parseCIDR(range));

const IPV6_LOOPBACK: AllowedRanges = [ipaddr.parseCIDR('::1/128')];

/** Reads ranges such as `127.0.0.0/8,::1/128`; a single address is a range of one. Throws with the entry that is wrong. */
export function parseAllowedRanges(csv: string): AllowedRanges {
  const entries = csv.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '').map(parseRange);
}

/**
 * Judges a URL by itself, before any name is resolved. Public receivers need https on port 443 or 8443;
 * http, other ports and internal names are only for hosts in the operator's ranges.
 */
export function judgeUrl(text: string, allowed: AllowedRanges): JudgedUrl {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { problem: `not a URL of at most ${MAX_URL_LENGTH} characters` };
  const problem = problemOfForm(url);
  if (problem) return { problem };
  const reason = reasonToBeListed(url);
  const ip = literalAddress(url.hostname);
  if (reason && (ip ? !isListedAddress(ip, allowed) : allowed.length === 0)) return { problem: reason };
  if (ip && !isAllowedAddress(ip, allowed)) return { problem: `the address ${ip} is not public` };
  return { url, onlyListed: reason !== undefined };
}

/** Whether a webhook may be sent to this address: public IPv4, or listed by the operator. IPv6 must be listed. */
export function isAllowedAddress(ip: string, allowed: AllowedRanges): boolean {
  return isListedAddress(ip, allowed) || isPublicIpv4(ip);
}

/** Whether the operator's ranges hold this address. */
export function isListedAddress(ip: string, allowed: AllowedRanges): boolean {
  const address = parseAddress(ip);
  return address !== undefined && isIn(address, allowed) && !isNever(address);
}

function isNever(address: Address): boolean {
  return isIn(address, NEVER) || (isIn(address, CARRIERS_OF_IPV4) && !isIn(address, IPV6_LOOPBACK));
}

/** The address that a URL's host is, without brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.IPv6.isValid(bare) || ipaddr.IPv4.isValidFourPartDecimal(bare) ? bare : undefined;
}

function problemOfForm(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https URLs can be called';
  if (url.username !== '' || url.password !== '') return 'a URL must not hold a user name or password';
  return url.hostname === '' ? 'the URL has no host' : undefined;
}

/** Why only the operator's ranges would do for this URL, or undefined for one that any public host may have. */
function reasonToBeListed(url: URL): string | undefined {
  if (url.protocol === 'http:') return 'plain http is not allowed here: use https';
  if (!PUBLIC_PORTS.has(url.port)) return `port ${url.port} is not allowed here: use 443 or 8443`;
  return isInternalName(url.hostname) ? `${url.hostname} is an internal name` : undefined;
}

function isInternalName(hostname: string): boolean {
  if (literalAddress(hostname)) return false;
  const name = hostname.toLowerCase().replace(/\.+$/, '');
  return !name.includes('.') || INTERNAL_SUFFIXES.some((suffix) => name.endsWith(`.${suffix}`));
}

function isPublicIpv4(ip: string): boolean {
  const address = parseAddress(ip);
  if (address?.kind() !== 'ipv4') return false;
  return address.range() === 'unicast' && !isIn(address, PRIVATE_BESIDE_LIBRARY);
}

/** Strict forms only: `127.1` and `0x7f000001` are names here, and URL has already turned them into four parts. */
function parseAddress(ip: string): Address | undefined {
  const literal = literalAddress(ip);
  return literal === undefined ? undefined : ipaddr.parse(literal);
}

function isIn(address: Address, ranges: AllowedRanges): boolean {
  return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}

function parseRange(entry: string): Range {
  const [ip = '', bits] = entry.split('/');
  const address = parseAddress(ip);
  const longest = address?.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!address || entry.split('/').length > 2 || !(length <= longest)) {
    throw new Error(`"${entry}" is not an address range: write it as 10.0.0.0/8 or fd00::/8`);
  }
  return [address, length];
}
