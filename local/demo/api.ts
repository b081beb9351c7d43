/** Calls the API as any client would; resolves with the parsed answer and throws with the API's own sentence. */
export type Api = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

/** An answer outside 2xx. */
export class Refusal extends Error {
  override name = 'Refusal' as const;
  readonly status: number;

  constructor(request: string, status: number, answer: Record<string, unknown>) {
    const { detail, field, hint } = answer;
    const said = [field, detail, hint].filter((part) => part !== undefined).join('; ');
    super(`${request} was answered with ${status}${said && `: ${said}`}`);
    this.status = status;
  }
}

/** A client of the API at `url` that authenticates with `key`. */
export function connect(url: string, key: string): Api {
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const answer = parsed(text);
    if (!response.ok) throw new Refusal(`${method} ${path}`, response.status, answer);
    return answer;
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 200) };
  }
}
