import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

interface Closed {
  range: string;
  /** Why nobody may open it. */
  what: string;
  /** On this machine an emulator's functions, receivers and we are neighbours. */
  isOpenOnEmulators?: true;
}

/** core/address.ts never opens any of them but loopback, which in AWS is the function's own runtime API. */
const closed: readonly Closed[] = [
  { range: '127.0.0.0/8', what: "loopback, with the function's own runtime API", isOpenOnEmulators: true },
  { range: '::1/128', what: "loopback, with the function's own runtime API", isOpenOnEmulators: true },
  { range: '0.0.0.0/8', what: 'this host' },
  { range: '::/128', what: 'this host' },
  { range: '169.254.0.0/16', what: 'link-local, with the metadata and credentials of AWS' },
  { range: 'fe80::/10', what: 'link-local' },
  { range: '::ffff:0:0/96', what: 'IPv4 written as IPv6' },
];

/** What a range may not be opened for, such as "127.0.0.0/8 (loopback, …)"; undefined for one that may. */
export function closedPartOf(range: string, isEmulated: boolean): string | undefined {
  const found = closed.find(
    (one) =>
      !(isEmulated && one.isOpenOnEmulators) && overlap(ipaddr.parseCIDR(one.range), ipaddr.parseCIDR(range)),
  );
  return found && `${found.range} (${found.what})`;
}

/** Ranges that lead nowhere from outside the operator's own network. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

/** Whether a range holds private addresses, which a function reaches from the operator's subnets alone. */
export function isPrivate(range: string): boolean {
  return PRIVATE.some((one) => overlap(ipaddr.parseCIDR(one), ipaddr.parseCIDR(range)));
}

/** Whether one of the ranges holds the address; a name is in none. */
export function holdsAddress(ranges: readonly string[], host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (!ipaddr.isValid(bare)) return false;
  const address = ipaddr.parse(bare);
  return ranges.some((range) =>
    overlap(ipaddr.parseCIDR(range), [address, address.kind() === 'ipv4' ? 32 : 128]),
  );
}

/** Two ranges overlap where they agree on the bits that both fix. */
function overlap([one, oneBits]: Range, [other, otherBits]: Range): boolean {
  return one.kind() === other.kind() && one.match(other, Math.min(oneBits, otherBits));
}
