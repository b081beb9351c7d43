/*
 * Looks for canaries by decoding: it shares no code with the masker, which encodes. A canary's core is `CNRY` and
 * hex digits, and three of those digits in a row count as a leak, so that half a secret is found as well.
 */

const CORE = /CNRY[0-9a-f]{3}/i;

const decoders: ((text: string) => string)[] = [fromJson, fromUrl, fromHtml];

/** Whether any part of a canary can be read in a text, decoded up to three times over. */
export function showsCanary(text: string): boolean {
  let views = new Set([text]);
  for (let depth = 0; depth < 3; depth++) {
    for (const view of views) if (CORE.test(view) || showsEncoded(view)) return true;
    views = new Set([...views].flatMap((view) => decoders.map((decode) => decode(view))));
  }
  return [...views].some((view) => CORE.test(view) || showsEncoded(view));
}

/** Base64 in its two alphabets, at any alignment, and hex. */
function showsEncoded(text: string): boolean {
  return showsRun(text, /[A-Za-z0-9+/_-]{8,}/g, 'base64', 4) || showsRun(text, /[0-9a-f]{14,}/gi, 'hex', 2);
}

function showsRun(text: string, runs: RegExp, encoding: 'base64' | 'hex', alignments: number): boolean {
  return [...text.matchAll(runs)].some(([run]) =>
    Array.from({ length: alignments }, (_, skipped) => run.slice(skipped)).some((aligned) =>
      CORE.test(Buffer.from(aligned, encoding).toString('latin1')),
    ),
  );
}

const NAMED: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function fromJson(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_all, code?: string, char = '') =>
    code === undefined ? (NAMED[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function fromUrl(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function fromHtml(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
