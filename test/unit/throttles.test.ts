import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Throttle, tellThrottles } from '../../store/throttles.ts';

const TYPE = 'com.amazonaws.dynamodb.v20120810#';
const reason = 'IndexWriteKeyRangeThroughputExceeded';
const found = { statusCode: 200, body: { Item: { pk: { S: 'a' } } } };
const refused = (type: string, more: object = {}) => ({ statusCode: 400, body: { __type: type, ...more } });

interface Answer {
  statusCode: number;
  body: object;
}

/** Asks a DynamoDB that gives these answers, one after the other, without waiting between them. */
const ask = (...answers: Answer[]) =>
  askFor(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }), ...answers);

async function askFor(command: GetItemCommand | BatchGetItemCommand, ...answers: Answer[]) {
  const told: Throttle[] = [];
  const handle = async () => {
    const { statusCode, body } = answers.shift() ?? found;
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(bytes.length) };
    return { response: { statusCode, headers, body: bytes } };
  };
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle } as never,
  });
  tellThrottles(client, (throttle) => told.push(throttle));
  const end = await client.send(command as GetItemCommand).then(
    () => 'found',
    ({ name }: Error) => name,
  );
  return { told, end, left: answers.length };
}

beforeEach(() => {
  // The pause before another attempt is a share of seconds.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => jest.restoreAllMocks());

test.each([
  ['ProvisionedThroughputExceededException', refused(`${TYPE}ProvisionedThroughputExceededException`), []],
  [
    'ProvisionedThroughputExceededException',
    refused(`${TYPE}ProvisionedThroughputExceededException`, { ThrottlingReasons: [{ reason }, {}] }),
    [reason],
  ],
  [
    'ThrottlingException',
    refused(`${TYPE}ThrottlingException`, { throttlingReasons: [{ reason }] }),
    [reason],
  ],
  ['ThrottlingException', refused('com.amazon.coral.availability#ThrottlingException'), []],
  ['RequestLimitExceeded', refused(`${TYPE}RequestLimitExceeded`), []],
])(
  '%s is told of, with its reasons, and the next attempt finds what was asked for',
  async (name, answer, reasons) => {
    const told = [{ operation: 'GetItem', name, reasons }];
    expect(await ask(answer, found)).toEqual({ told, end: 'found', left: 0 });
  },
);

test('every attempt is told of, also the last one that the client makes', async () => {
  const answer = refused(`${TYPE}ThrottlingException`);
  const { told, end } = await ask(...Array(9).fill(answer));
  expect(end).toBe('ThrottlingException');
  expect(told).toHaveLength(4);
});

test('what is wrong for another reason is told of by nobody', async () => {
  const broken = { statusCode: 500, body: { __type: `${TYPE}InternalServerError` } };
  expect(await ask(broken, found)).toEqual({ told: [], end: 'found', left: 0 });
  const missing = refused(`${TYPE}ResourceNotFoundException`);
  expect(await ask(missing, found)).toEqual({ told: [], end: 'ResourceNotFoundException', left: 1 });
});

const RequestItems = { t: { Keys: [{ pk: { S: 'a' } }, { pk: { S: 'b' } }] } };
const left = { t: { Keys: [{ pk: { S: 'b' } }] } };
const read = (letters: number) => ({ t: [{ pk: { S: 'a' }, text: { S: 'x'.repeat(letters) } }] });

test.each<[string, number, object]>([
  ['that is read', 0, { Responses: read(5), UnprocessedKeys: {} }],
  ['that is read in part', 1, { Responses: read(5), UnprocessedKeys: left }],
  ['of which nothing is read', 1, { Responses: { t: [] }, UnprocessedKeys: RequestItems }],
  ['that is read in part, half a megabyte', 1, { Responses: read(5e5), UnprocessedKeys: left }],
  ['that is read as far as it fits', 0, { Responses: read(7e5), UnprocessedKeys: left }],
])('a batch %s is told of %d times', async (_, times, body) => {
  const { told, end } = await askFor(new BatchGetItemCommand({ RequestItems }), { statusCode: 200, body });
  expect(end).toBe('found');
  const throttle = { operation: 'BatchGetItem', name: 'UnprocessedKeys', reasons: [] };
  expect(told).toEqual(Array(times).fill(throttle));
});
