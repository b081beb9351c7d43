/** What an item is, by its key (the table of shapes is in store/keys.ts). */
export function nounOf({ pk, sk }: { pk: string; sk: string }): string {
  const [first = ''] = pk.split('#');
  const noun = nouns[first];
  return typeof noun === 'string' ? noun : (noun?.[sk.split('#')[0] ?? ''] ?? `${first} ${sk}`);
}

const nouns: Record<string, string | Record<string, string>> = {
  RUN: 'run',
  DELIVERY: { DELIVERY: 'delivery', ATTEMPT: 'attempt' },
  AUTOMATION: { HEAD: 'head', REVISION: 'revision', ACTIVITY: 'activity' },
  INTEGRATION: 'integration',
  TEAM: 'team entry',
  KEY: 'api key',
  CHANGES: 'change feed',
  SCOPE: 'watches',
  ENDED: 'ended runs',
};
