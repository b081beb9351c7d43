import * as z from 'zod';
import type { ReceivedRequest, ScriptedAnswer } from '../receiver.ts';

/*
 * GitHub's "create a repository dispatch event", with the limits of its reference (docs.github.com/rest/repos/repos):
 * event_type of 100 characters, client_payload of 10 properties and 64 KB, 204 without a body.
 */

const MAX_PAYLOAD_BYTES = 65_535;
const MAX_PROPERTIES = 10;

const Dispatch = z.strictObject({
  event_type: z.string().min(1).max(100),
  client_payload: z.record(z.string(), z.json()).default({}),
});
export type Dispatch = z.infer<typeof Dispatch>;

/** One repository, and a token that may write its contents. */
export class GithubRepository {
  readonly dispatches: Dispatch[] = [];
  readonly #name: string;
  readonly #token: string;

  constructor(name: string, token: string) {
    this.#name = name;
    this.#token = token;
  }

  answer(request: ReceivedRequest): ScriptedAnswer {
    const problem = this.#problemOfCaller(request);
    if (problem) return problem;
    const read = Dispatch.safeParse(request.json);
    if (request.json === undefined) return refusal(400, 'Problems parsing JSON');
    if (!read.success) return refusal(422, `Invalid request. ${z.prettifyError(read.error)}`);
    const { client_payload: payload } = read.data;
    const count = Object.keys(payload).length;
    if (count > MAX_PROPERTIES) {
      return refusal(422, `No more than ${MAX_PROPERTIES} properties are allowed; ${count} were supplied.`);
    }
    if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD_BYTES) {
      return refusal(422, 'client_payload is too large.');
    }
    this.dispatches.push(read.data);
    return { status: 204 };
  }

  #problemOfCaller({ method, path, headers }: ReceivedRequest): ScriptedAnswer | undefined {
    if (!headers['user-agent']) return refusal(403, 'Request forbidden by administrative rules.');
    const version = headers['x-github-api-version'] ?? '2022-11-28';
    if (!['2022-11-28', '2026-03-10'].includes(String(version)))
      return refusal(400, 'Unsupported API version');
    const [, token] = /^(?:Bearer|token) (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return refusal(401, 'Requires authentication');
    if (token !== this.#token) return refusal(401, 'Bad credentials');
    const isHere = method === 'POST' && path === `/repos/${this.#name}/dispatches`;
    return isHere ? undefined : refusal(404, 'Not Found');
  }
}

function refusal(status: number, message: string): ScriptedAnswer {
  const body = JSON.stringify({ message, status: String(status) });
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}
