import type { Command, Service } from './ambient.ts';

/** A call in few words, for the trace. */
export function wordsOf(service: Service, { kind, input }: Command): string[] {
  if (service === 'dynamodb') return [kind, ...keyOf(input)];
  if (service === 'sqs') return [kind, String(input.QueueUrl), String(input.Entries?.length ?? '')];
  if (service === 'secrets') return [kind, input.SecretId ?? input.Name];
  return [input.method, input.url, input.headers['webhook-id']];
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
