import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllowedRanges } from '../../core/address.ts';

/** All addresses of a host name; rejects when it has none, or when the signal ends the wait. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<string[]>;

interface ResolveOptions {
  allowed: AllowedRanges;
  /** Name servers as `address:port`; by default those of the system. */
  servers?: string[];
  hostsFile?: string;
}

/** The first wait for a name server; each further try waits twice as long. */
const TRY_TIMEOUT_MS = 2_000;
const TRIES = 3;

/** How long IPv6 addresses may come later than those of IPv4. */
const IPV6_DELAY_MS = 250;

/**
 * Asks name servers with a socket of its own for each name. The system's getaddrinfo would occupy one of libuv's four
 * threads for as long as a server is silent: 16 slow names held up every other one for 24 s. The hosts file, and IPv6,
 * count only where the operator lists ranges, since nothing in them is reached without.
 */
export function makeResolve({ allowed, servers, hostsFile = '/etc/hosts' }: ResolveOptions): Resolve {
  const wantsIpv6 = allowed.some(([base]) => base.kind() === 'ipv6');
  return async (hostname, signal) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    const byHand = allowed.length > 0 ? await findInHosts(name, hostsFile) : [];
    return byHand.length > 0 ? byHand : await askServers(name, signal, { servers, wantsIpv6 });
  };
}

async function askServers(
  name: string,
  signal: AbortSignal,
  { servers, wantsIpv6 }: { servers: string[] | undefined; wantsIpv6: boolean },
): Promise<string[]> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const stop = () => resolver.cancel();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return wantsIpv6 ? await bothFamilies(resolver, name) : await ipv4First(resolver, name);
  } finally {
    signal.removeEventListener('abort', stop);
    // Whatever is still asked for is wanted no more.
    stop();
  }
}

/** IPv6 is asked for only to tell a name that has nothing else from one that does not exist. */
async function ipv4First(resolver: Resolver, name: string): Promise<string[]> {
  try {
    return await resolver.resolve4(name);
  } catch (error) {
    if (!isWithoutData(error)) throw error;
    return resolver.resolve6(name);
  }
}

async function bothFamilies(resolver: Resolver, name: string): Promise<string[]> {
  const six = resolver.resolve6(name).catch(() => []);
  try {
    const four = await resolver.resolve4(name);
    return [...four, ...(await Promise.race([six, sleep(IPV6_DELAY_MS, [])]))];
  } catch (error) {
    const found = isWithoutData(error) ? await six : [];
    if (found.length === 0) throw error;
    return found;
  }
}

function isWithoutData(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENODATA';
}

async function findInHosts(name: string, path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const entries = text.split('\n').map((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/));
  return entries.filter(([, ...names]) => names.includes(name)).map(([ip = '']) => ip);
}
