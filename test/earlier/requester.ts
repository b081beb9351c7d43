import type { Ok } from './world.ts';

/** Sends requests to an API that must succeed. */
export function requester(url: string, adminKey: string): Ok {
  return async (method, path, body, key = adminKey) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
}
