import { IDEMPOTENCY_KEY } from '../../core/api/fields.ts';
import { digest, type Identity, newIdentity } from '../../core/id.ts';
import type { Caller } from '../../core/key.ts';
import { Problem } from '../../core/problem.ts';
import type { Table } from '../../store/client.ts';
import {
  forgetRequest,
  type RequestName,
  readRequest,
  type StoredRequest,
  writeRequest,
} from '../../store/requests.ts';
import type { HttpAnswer } from '../shared/http.ts';

/** Longer than the function may run: whoever began it is gone by then. */
const UNDER_WAY_MS = 60_000;

const field = 'idempotency-key';

/**
 * Does a request once, however often it comes with the same Idempotency-Key: the answer is kept for a day and given
 * again. Should the function die before it was kept, the next one does it again, with the same ids, and so finds what
 * was made (docs/decisions/0017). A refusal is not kept.
 */
export async function once(
  text: string | undefined,
  { caller, content }: { caller: Caller; content: string },
  { table, now }: { table: Table; now: () => number },
  act: (identity: Identity) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const nowMs = now();
  if (text === undefined) return act(newIdentity(nowMs));
  checkText(text);
  const name = { callerId: caller.keyId, text };
  const before = await readRequest(table, name, nowMs);
  if (before) checkContent(before, content);
  if (before?.answer !== undefined) return answerAgain(before.answer);
  if (before && nowMs - before.begunAtMs < UNDER_WAY_MS) throw underWay();
  const begun = { content, firstAtMs: before?.firstAtMs ?? nowMs, begunAtMs: nowMs };
  if (!(await writeRequest(table, name, before, begun))) throw underWay();
  const answer = await attempt(act, { name, begun }, table);
  // Where a repetition is told something else, the answer shows what must not be kept.
  const { ifRepeated } = answer;
  const kept = JSON.stringify(ifRepeated ? { ifRepeated } : answer);
  await writeRequest(table, name, begun, { ...begun, answer: kept });
  return answer;
}

async function attempt(
  act: (identity: Identity) => Promise<HttpAnswer>,
  { name, begun }: { name: RequestName; begun: StoredRequest },
  table: Table,
): Promise<HttpAnswer> {
  try {
    const seed = digest(JSON.stringify([name, begun.firstAtMs]));
    return await act({ atMs: begun.firstAtMs, seed });
  } catch (error) {
    if (error instanceof Problem) await settleRefusal(error, { name, begun }, table);
    throw error;
  }
}

/** What is refused may be mended and sent again; unless it is refused because it was done before, by one that died. */
async function settleRefusal(
  { details }: Problem,
  { name, begun }: { name: RequestName; begun: StoredRequest },
  table: Table,
): Promise<void> {
  if (details.field !== field) return forgetRequest(table, name, begun);
  await writeRequest(table, name, begun, { ...begun, answer: JSON.stringify({ ifRepeated: details }) });
}

function checkText(text: string): void {
  if (IDEMPOTENCY_KEY.test(text)) return;
  const detail = 'must be 1 to 255 printable ASCII characters without spaces';
  throw new Problem({
    code: 'invalid_input',
    field,
    detail,
    hint: 'use a UUID for each thing that you make',
  });
}

function checkContent(before: StoredRequest, content: string): void {
  if (before.content === content) return;
  const detail = 'was used for another request in the last 24 hours';
  throw new Problem({
    code: 'invalid_input',
    field,
    detail,
    hint: 'use a new one for each thing that you make',
  });
}

function underWay(): Problem {
  const detail = 'a request with this Idempotency-Key is under way';
  return new Problem({ code: 'conflict', field, detail, hint: 'send it again in a minute' });
}

function answerAgain(kept: string): HttpAnswer {
  const { ifRepeated, headers, ...answer } = JSON.parse(kept) as HttpAnswer;
  if (ifRepeated) throw new Problem(ifRepeated);
  return { ...answer, headers: { ...headers, 'idempotent-replayed': 'true' } };
}
