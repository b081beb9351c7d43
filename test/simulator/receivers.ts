import type { Random } from './random.ts';

/** How a receiver behaves. Whatever it does, it notes each request that it gets. */
export type Manner = 'well' | 'flaky' | 'slow' | 'hanging' | 'down' | 'refusing' | 'gone' | 'asks for time';

export interface Post {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  arrivedAtMs: number;
  /** When it was answered, or given up. */
  endedAtMs: number;
  /** Undefined for one that never answered in time. */
  status: number | undefined;
  /** How long it asked to be left alone. */
  retryAfterMs: number;
  /** Whether the sender got to know the answer. */
  isHeard: boolean;
}

interface Answer {
  status: number | undefined;
  durationMs: number;
  retryAfter?: string;
}

const DEADLINE_MS = 15_000;

/** Receivers of webhooks, each at its own address. */
export class Receivers {
  readonly posts: Post[] = [];
  readonly #manners = new Map<string, Manner>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Takes over the state of others. */
  become(others: Receivers): void {
    this.posts.push(...others.posts.map((post) => ({ ...post })));
    for (const [url, manner] of others.#manners) this.#manners.set(url, manner);
  }

  behave(url: string, manner: Manner): void {
    this.#manners.set(url, manner);
  }

  mannerOf(url: string): Manner {
    return this.#manners.get(url) ?? 'well';
  }

  /** Takes a request, and says what is answered when. */
  take(
    request: Pick<Post, 'url' | 'method' | 'headers' | 'body'>,
    nowMs: number,
  ): { post: Post; answer: Answer } {
    const answer = this.#answer(this.mannerOf(request.url));
    const { url, method, headers, body } = request;
    const post: Post = {
      url,
      method,
      headers,
      body,
      arrivedAtMs: nowMs,
      endedAtMs: nowMs + answer.durationMs,
      status: answer.status,
      retryAfterMs: Number(answer.retryAfter ?? 0) * 1_000,
      isHeard: false,
    };
    this.posts.push(post);
    return { post, answer };
  }

  #answer(manner: Manner): Answer {
    const random = this.#random;
    const quick = random.between(5, 300);
    switch (manner) {
      case 'well':
        return { status: 200, durationMs: quick };
      case 'slow':
        return { status: 204, durationMs: random.between(500, DEADLINE_MS - 500) };
      case 'hanging':
        return { status: undefined, durationMs: DEADLINE_MS };
      case 'flaky':
        return { status: random.pick([200, 500, 503, 200, 408, 429]), durationMs: quick };
      case 'asks for time':
        return {
          status: random.pick([200, 429]),
          durationMs: quick,
          retryAfter: String(random.between(1, 200)),
        };
      case 'down':
        return { status: 503, durationMs: quick };
      case 'refusing':
        return { status: random.pick([200, 404, 302]), durationMs: quick };
      case 'gone':
        return { status: 410, durationMs: quick };
    }
  }
}
