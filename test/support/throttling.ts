import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { type Listening, listen } from '../../local/listen.ts';

/** A call as it arrives here: the client's own retries are calls of their own. */
export interface TableCall {
  /** `GetItem`, `UpdateItem`, … */
  operation: string;
  /** From 1. */
  attempt: number;
}

/** Stands between functions and their DynamoDB. */
export interface Throttling {
  url: string;
  /** Where calls go. Until this is known they wait. */
  forwardTo(url: string): void;
  /** From now on throttles the calls of which this is true, as AWS does. */
  throttle(isThrottled: (call: TableCall) => boolean): void;
  /** From now on throttles nothing. */
  end(): void;
  /** How many calls were throttled so far. */
  readonly count: number;
  stop(): Promise<void>;
}

const none = () => false;

/** Starts a door to DynamoDB that is open until it is told to throttle. */
export async function startThrottling(): Promise<Throttling> {
  const target = Promise.withResolvers<string>();
  let isThrottled: (call: TableCall) => boolean = none;
  let count = 0;
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const call = callIn(request);
    if (isThrottled(call)) refuse(response, call, count++);
    else forward(await target.promise, request, body, response);
  });
  const { url, stop }: Listening = await listen(server, 0);
  return {
    url,
    stop,
    forwardTo: target.resolve,
    throttle: (isIt) => {
      isThrottled = isIt;
    },
    end: () => {
      isThrottled = none;
    },
    get count() {
      return count;
    },
  };
}

function callIn({ headers }: IncomingMessage): TableCall {
  const [, operation = ''] = String(headers['x-amz-target']).split('.');
  const [, attempt] = /attempt=(\d+)/.exec(String(headers['amz-sdk-request'])) ?? [];
  return { operation, attempt: Number(attempt) };
}

/** Whether a call only reads. */
export const isRead = ({ operation }: TableCall) => /^(Get|BatchGet|Query)/.test(operation);

const MESSAGE = 'Throughput exceeds the current throughput limit for your table or index.';
const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/signalbox-local';

/** Answers in turn with what AWS says of a table and its reason, and with what it says of an account's calls. */
function refuse(response: ServerResponse, call: TableCall, turn: number): void {
  const reason = `Table${isRead(call) ? 'Read' : 'Write'}KeyRangeThroughputExceeded`;
  const ofTable = {
    __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    message: MESSAGE,
    ThrottlingReasons: [{ reason, resource: TABLE_ARN }],
  };
  const ofAccount = {
    __type: 'com.amazon.coral.availability#ThrottlingException',
    message: 'Rate exceeded',
  };
  const body = JSON.stringify(turn % 2 === 0 ? ofTable : ofAccount);
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
    'x-amz-crc32': String(crc32(body)),
  };
  response.writeHead(400, headers).end(body);
}

function forward(target: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = openRequest(target, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  onward.end(body);
}
