/** What AWS asks for one unit, in US dollars. */
interface Price {
  dollars: number;
  unit: string;
  /** Known from memory and not looked up: check it before you quote it. */
  isRecalled?: true;
}

/**
 * On-demand prices in us-east-1, without the free tier and without a savings plan. Written down by hand; nothing
 * fetches them. Check them against AWS's pages before you rely on a total.
 */
export const priceSource =
  'us-east-1, on demand, no free tier; AWS public price lists as noted in November 2026, not fetched';

export const prices = {
  httpApi: { dollars: 1.0 / 1e6, unit: 'request (each 512 KB)' },
  lambdaRequest: { dollars: 0.2 / 1e6, unit: 'invocation', isRecalled: true },
  lambdaGbSecond: { dollars: 0.0000133334, unit: 'GB-second, arm64', isRecalled: true },
  sqsFifo: { dollars: 0.5 / 1e6, unit: 'request (each 64 KB)', isRecalled: true },
  sqsStandard: { dollars: 0.4 / 1e6, unit: 'request (each 64 KB)', isRecalled: true },
  dynamoWrite: { dollars: 0.625 / 1e6, unit: 'write unit (1 KB)' },
  dynamoRead: { dollars: 0.125 / 1e6, unit: 'read unit (4 KB)' },
  eventBridgeEvent: { dollars: 1.0 / 1e6, unit: 'custom event (each 64 KB)' },
  apiDestination: { dollars: 0.2 / 1e6, unit: 'invocation' },
  secretRead: { dollars: 5 / 1e6, unit: 'GetSecretValue' },
  logGb: { dollars: 0.5, unit: 'GB taken in' },
  egressGb: { dollars: 0.09, unit: 'GB to the internet', isRecalled: true },
  storageGbMonth: { dollars: 0.25, unit: 'GB-month in DynamoDB', isRecalled: true },
  backupGbMonth: { dollars: 0.2, unit: 'GB-month of point-in-time recovery', isRecalled: true },
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;

export function priceOf(name: PriceName): Price {
  return prices[name];
}
