import { type Command, isRead, type Service } from './ambient.ts';

/** How a step touches a place. Of additions to one place it makes no difference which comes first. */
type Touch = 'read' | 'write' | 'add';

export type Touched = [place: string, how: Touch];

/** All places that a step touches: items, partitions, indexes, queues, receivers, what a function knows. */
export type Footprint = ReadonlyMap<string, Touch>;

/** Whether the order of two steps may make a difference. */
export function areDependent(a: Footprint, b: Footprint): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const [place, touch] of few) {
    const other = many.get(place);
    if (other !== undefined && !(touch === other && touch !== 'write')) return true;
  }
  return false;
}

/** What one or the other of two steps touches. */
export function joined(a: Footprint, b: Footprint): Footprint {
  const all = new Map(a);
  for (const [place, touch] of b) {
    const other = all.get(place) ?? touch;
    all.set(place, other === touch ? touch : 'write');
  }
  return all;
}

/** What a call touches outside of its function, but for indexes: that depends on what stood there. */
export function footprintOf(service: Service, command: Command): Touched[] {
  const { kind, input } = command;
  if (service === 'secrets') return [['secrets', isRead(command) ? 'read' : 'write']];
  if (service === 'http') return [[receiverOf(input), 'write']];
  if (service === 'sqs') return [[`queue ${input.QueueUrl}`, 'write']];
  if (input.IndexName !== undefined) return [[`index ${input.IndexName} ${hashKeyOf(input)}`, 'read']];
  if (kind === 'Query') return [[`partition ${hashKeyOf(input)}`, 'read']];
  if (kind === 'BatchGet') return keysOf(input).map((key) => [nameOf(key), 'read']);
  const key: Key = input.Key ?? input.Item;
  if (kind === 'Get') return [[nameOf(key), 'read']];
  return [
    [nameOf(key), 'write'],
    [`partition ${key.pk}`, 'add'],
  ];
}

/** What is sent for one automation to one address has an order; between others nobody could tell. */
export function receiverOf({ url, body }: { url: string; body: string }): string {
  return `receiver ${url} ${JSON.parse(body).automation}`;
}

interface Key {
  pk: string;
  sk: string;
}

const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`;

function keysOf({ RequestItems }: { RequestItems: Record<string, { Keys: Key[] }> }): Key[] {
  return Object.values(RequestItems).flatMap(({ Keys }) => Keys);
}

/** The first of the values that a query compares with is the partition's key. */
function hashKeyOf({
  ExpressionAttributeValues,
}: {
  ExpressionAttributeValues: Record<string, unknown>;
}): string {
  return String(Object.values(ExpressionAttributeValues)[0]);
}
