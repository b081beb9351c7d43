import type { StageLine } from '../shared/log.ts';
import type { QueueMessage, WaitingMessage } from '../shared/queue.ts';

export interface RedriveDeps {
  receive: () => Promise<WaitingMessage[]>;
  send: (messages: QueueMessage[]) => Promise<void>;
  remove: (message: WaitingMessage) => Promise<void>;
  now: () => number;
  stopAtMs: number;
  log: (line: StageLine) => void;
}

/**
 * A message that ran through its ten receives this many times is not a victim of an outage. Each round takes half
 * an hour (ten times the visibility), so this is a day; then it stays where an alarm sees it.
 */
const MAX_REDRIVES = 48;

/**
 * Puts events whose matching failed too often back on their queue: they are valid (what can never be matched is
 * buried by the matcher), so an outage put them there. Matching one twice is matching it once.
 */
export async function redrive(deps: RedriveDeps): Promise<void> {
  let redriven = 0;
  while (deps.now() < deps.stopAtMs) {
    const received = await deps.receive();
    if (received.length === 0) break;
    const waiting = received.filter((message) => message.redrives < MAX_REDRIVES);
    for (const message of waiting) {
      await deps.send([toMessage(message)]);
      await deps.remove(message);
    }
    redriven += waiting.length;
  }
  if (redriven > 0) deps.log({ stage: 'events.redriven', messages: redriven });
}

/** A fresh deduplication id: SQS would drop one that it saw in the last five minutes, and with it the message. */
function toMessage({ messageId, body, groupId, redrives }: WaitingMessage): QueueMessage {
  return { body, groupId, dedupId: `redrive-${messageId}`, redrives: redrives + 1 };
}
