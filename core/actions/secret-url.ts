import { Secret } from '../secret.ts';

/** Shorter parts of a path or query are words that stand elsewhere as well. */
const SHORTEST_TOKEN = 16;

/** What must not be seen of a URL that is a secret: it, its path and query without the host, and the tokens in them. */
export function secretParts(url: URL): Secret[] {
  const path = `${url.pathname}${url.search}`;
  const values = [...url.pathname.split('/').map(decoded), ...url.searchParams.values()];
  const tokens = values.filter(({ length }) => length >= SHORTEST_TOKEN);
  const last = path.slice(path.lastIndexOf('/') + 1);
  return [...new Set([url.href, path, last, ...tokens])].map((part) => new Secret(part));
}

/** A path may hold a % that begins no escape. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
