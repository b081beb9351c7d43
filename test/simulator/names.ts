import type { Command, Service } from './ambient.ts';

/** A call in few words, for the trace. */
export function wordsOf(service: Service, { kind, input }: Command): string[] {
  if (service === 'dynamodb') return [kind, ...keyOf(input)];
  if (service === 'sqs') return [kind, String(input.QueueUrl), String(input.Entries?.length ?? '')];
  if (service === 'secrets') return [kind, input.SecretId ?? input.Name];
  return [input.method, input.url, input.headers['webhook-id']];
}

/** What a read looks at: items, a partition, the indexes, secrets. */
export function placesRead(service: Service, { kind, input }: Command): string[] {
  if (service === 'secrets') return ['secrets'];
  if (input.IndexName !== undefined) return ['indexes'];
  if (kind === 'Query') return keyOf(input).map((pk) => `partition ${pk}`);
  if (kind === 'Get') return [keyOf(input).join(' ')];
  const batches: { Keys: { pk: string; sk: string }[] }[] = Object.values(input.RequestItems);
  return batches.flatMap(({ Keys }) => Keys.map(({ pk, sk }) => `${pk} ${sk}`));
}

/** Where a write may show. */
export function placesWritten(service: Service, { input }: Command): string[] {
  if (service !== 'dynamodb') return [service];
  const [pk = '', sk = ''] = keyOf(input);
  return [`${pk} ${sk}`, `partition ${pk}`, 'indexes'];
}

function keyOf(input: {
  Key?: { pk: string; sk: string };
  Item?: { pk: string; sk: string };
  ExpressionAttributeValues?: Record<string, unknown>;
}): string[] {
  const key = input.Key ?? input.Item;
  if (key) return [key.pk, key.sk];
  for (const name in input.ExpressionAttributeValues) return [String(input.ExpressionAttributeValues[name])];
  return [];
}
