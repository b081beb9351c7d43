import { type App, type Fauxqs, loadFauxqs, type Persistence, type Queue, type Store } from './fauxqs.ts';
import { accountId, type LocalQueue, queueArn, region } from './topology.ts';
import { Trouble } from './trouble.ts';

export interface RunningQueues {
  url: string;
  /** The address of a queue, by its name. */
  queueUrl(name: string): string;
  stop(): Promise<void>;
}

/**
 * Starts an SQS that keeps its messages in the folder `path`, with these queues and their dead-letter queues in
 * it. Messages that were in flight when the last process ended are visible again.
 */
export async function startQueues(path: string, queues: readonly LocalQueue[]): Promise<RunningQueues> {
  const fauxqs = await loadFauxqs();
  const persistence = openMessages(fauxqs, path);
  const { app, store } = openApp(fauxqs, persistence);
  for (const { name, attributes, deadLetters, maxReceiveCount } of queues) {
    const deadLetterTargetArn = queueArn(deadLetters.name);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
    ensureQueue(store, deadLetters.name, deadLetters.attributes);
    ensureQueue(store, name, { ...attributes, RedrivePolicy });
  }
  for (const queue of store.allQueues()) receiveInOneWrite(queue, persistence);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    queueUrl: (name) => `${url}/${accountId}/${name}`,
    stop: async () => {
      await app.close();
      persistence.close();
    },
  };
}

function openMessages({ PersistenceManager }: Fauxqs, path: string): Persistence {
  try {
    const persistence = new PersistenceManager(path);
    // Safe when the process is killed; a power cut may cost the last moments.
    persistence.db.exec('PRAGMA synchronous = NORMAL');
    const ready = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL';
    // Whoever held a message ended with the last process.
    persistence.db.exec(ready);
    // 2.4.1 also sets the receive count to NULL here, which its own schema forbids: the message was lost.
    const readyOne = persistence.db.prepare(`${ready} WHERE message_id = ?`);
    persistence.updateMessageReady = (messageId) => {
      readyOne.run(messageId);
    };
    return persistence;
  } catch (error) {
    throw new Trouble(
      `The queues in ${path} are damaged: start with --fresh to empty the data folder, or name another folder with --data.`,
      { cause: error },
    );
  }
}

function openApp(fauxqs: Fauxqs, persistence: Persistence): { app: App; store: Store } {
  const store = new fauxqs.SqsStore();
  const topics = new fauxqs.SnsStore();
  // "sqs.<region>.localhost", its usual host, does not resolve on every machine.
  store.host = '';
  store.region = region;
  persistence.loadSqsAndSns(store, topics);
  store.persistence = persistence;
  for (const queue of store.allQueues()) queue.persistence = persistence;
  const stores = { sqsStore: store, snsStore: topics, s3Store: new fauxqs.S3Store() };
  return { app: fauxqs.buildApp({ logger: false, stores }), store };
}

function ensureQueue(store: Store, name: string, attributes: Record<string, string>): void {
  const existing = store.getQueueByName(name);
  if (existing) existing.setAttributes(attributes);
  else store.createQueue(name, `queue://${name}`, queueArn(name), attributes);
}

/** A message on its way to the dead-letter queue is deleted here and inserted there: both, or neither. */
function receiveInOneWrite(queue: Queue, persistence: Persistence): void {
  const dequeue = queue.dequeue.bind(queue);
  queue.dequeue = (...args) => {
    let received: unknown[] = [];
    persistence.transaction(() => {
      received = dequeue(...args);
    });
    return received;
  };
}
