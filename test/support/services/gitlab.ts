import * as z from 'zod';
import type { ReceivedRequest, ScriptedAnswer } from '../receiver.ts';

/* GitLab's "trigger a pipeline with a token" (docs.gitlab.com/api/pipeline_triggers), as far as JSON goes. */

const Trigger = z.object({
  ref: z.string().min(1),
  token: z.string(),
  variables: z.record(z.string(), z.unknown()).default({}),
});

/** One project with one branch, and its trigger token. */
export class GitlabProject {
  readonly pipelines: { ref: string; variables: Record<string, string> }[] = [];
  readonly #id: string;
  readonly #branch: string;
  readonly #token: string;

  constructor(id: string, branch: string, token: string) {
    this.#id = id;
    this.#branch = branch;
    this.#token = token;
  }

  answer({ method, path, json, headers }: ReceivedRequest): ScriptedAnswer {
    const isHere = method === 'POST' && path === `/api/v4/projects/${this.#id}/trigger/pipeline`;
    if (!isHere) return answer(404, { message: '404 Not Found' });
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
      return answer(400, { error: 'ref is missing, token is missing' });
    }
    const read = Trigger.safeParse(json);
    if (!read.success) return answer(400, { error: z.prettifyError(read.error) });
    const { ref, token, variables } = read.data;
    const texts = z.record(z.string(), z.string()).safeParse(variables);
    if (!texts.success) return answer(400, { message: 'variables needs to be a map of key-valued strings' });
    if (token !== this.#token) return answer(404, { message: '404 Not Found' });
    if (ref !== this.#branch) return answer(400, { message: { base: ['Reference not found'] } });
    this.pipelines.push({ ref, variables: texts.data });
    return answer(201, { id: this.pipelines.length, ref, status: 'created', source: 'trigger' });
  }
}

function answer(status: number, body: object): ScriptedAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
