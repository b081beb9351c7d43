/** What the product finds in the place of a clock, chance, timers, logs, AWS and the network while it is simulated. */
export interface Host {
  /** By the clock of the function that asks. */
  now: () => number;
  random: () => number;
  bytes: (count: number) => Buffer;
  sleep: (ms: number) => Promise<void>;
  call: (service: Service, command: Command) => Promise<unknown>;
  log: (text: string) => void;
}

export type Service = 'dynamodb' | 'sqs' | 'secrets' | 'http';

/** A command of an SDK client by its name, or a request to a receiver. */
export interface Command {
  kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: each service knows what its commands hold
  input: any;
}

/** Whether a command changes nothing. */
export const isRead = ({ kind }: Command) => /^(Get|BatchGet|Query|GetSecretValue)$/.test(kind);

const nobody = new Proxy({} as Host, {
  get: () => {
    throw new Error('the product runs, but no world is there');
  },
});

/** One world at a time: whoever simulates one puts it here. */
export const ambient: { host: Host } = { host: nobody };

/** The one that reads no clock unless it is asked to; inside the product, Date is another. */
export const RealDate = Date;

/** Errors by which the product knows what happened: one class each, however many bundles of it run. */
export class Refused extends Error {
  override name = 'ConditionalCheckFailedException' as const;
}
export class Missing extends Error {}
