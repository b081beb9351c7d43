import { batchesOf } from './batches.ts';
import { linesOf } from './lines.ts';
import { type PostDeps, type Posted, postEvents } from './post.ts';
import { type OutgoingEvent, prepare, type RefusedEvent } from './prepare.ts';

/** What became of an input. */
export interface Sent {
  requests: number;
  taken: number;
  refused: number;
  /** Events that may have been counted twice, since they hold points without steps and had to be sent again. */
  perhapsTwice: number;
  /** The last line that was answered, taken or refused. */
  lastLine: number;
  /** Why it ended early. */
  error?: unknown;
}

/** The signal ends the input, and the waits between two tries. */
export interface SendDeps extends PostDeps {
  onTaken: (taken: Posted['taken']) => void;
  onRefused: (refused: RefusedEvent[]) => void;
  onProgress: (sent: Sent) => void;
}

const LINGER_MS = 1_000;

/** Sends the events of an input in their order, one request after the other. */
export async function sendEvents(input: AsyncIterable<Uint8Array>, deps: SendDeps): Promise<Sent> {
  const sent: Sent = { requests: 0, taken: 0, refused: 0, perhapsTwice: 0, lastLine: 0 };
  const refuse = (refused: RefusedEvent[]) => {
    sent.refused += refused.length;
    if (refused.length > 0) deps.onRefused(refused);
  };
  try {
    for await (const batch of batchesOf(preparedOf(input, deps.signal, refuse), LINGER_MS)) {
      const posted = await postEvents(batch, deps);
      count(posted, batch, sent);
      if (posted.taken.length > 0) deps.onTaken(posted.taken);
      refuse(posted.refused);
      deps.onProgress(sent);
    }
    return sent;
  } catch (error) {
    return { ...sent, error };
  }
}

async function* preparedOf(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  refuse: (refused: RefusedEvent[]) => void,
): AsyncGenerator<OutgoingEvent[]> {
  for await (const lines of linesOf(untilStopped(input, signal), () => signal.aborted)) {
    const prepared = lines.map(prepare);
    refuse(prepared.filter((one) => 'problem' in one));
    yield prepared.filter((one) => 'text' in one);
  }
}

/** An input that is destroyed while it is read throws: once it was to stop, that is its end. */
async function* untilStopped(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* input;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function count(posted: Posted, batch: OutgoingEvent[], sent: Sent): void {
  sent.requests += 1;
  sent.taken += posted.taken.length;
  sent.lastLine = batch.at(-1)?.line ?? sent.lastLine;
  if (posted.isRepeated) sent.perhapsTwice += batch.filter(({ isRepeatable }) => !isRepeatable).length;
}
