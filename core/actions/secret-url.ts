import { Secret } from '../secret.ts';

/** Longer parts of a path or host are no words that stand elsewhere as well. */
const LONGEST_WORD = 15;
const WORDS = /^[A-Z]?[a-z]+(?:[-_][a-z]+)*$/;

/**
 * What must not be seen of a URL that is a secret: it, its path and query without the host, and the tokens in them.
 * Whoever masks leaves aside what is shorter than any secret.
 */
export function secretParts(url: URL): Secret[] {
  const { href, hostname, pathname, search } = url;
  const path = `${pathname}${search}`;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const tokens = [...pathname.split('/').map(decoded), ...hostname.split('.')].filter(isToken);
  const parts = [href, path, pathname, search.slice(1), last, ...url.searchParams.values(), ...tokens];
  return [...new Set(parts)].map((part) => new Secret(part));
}

function isToken(part: string): boolean {
  return part.length > LONGEST_WORD || !WORDS.test(part);
}

/** A path may hold a % that begins no escape. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
