import { parseAllowedRanges } from '../../core/address.ts';
import { Secret } from '../../core/secret.ts';
import type { DispatchDeps } from '../../lambdas/dispatcher/dispatch.ts';
import { dispatch } from '../../lambdas/dispatcher/dispatch.ts';
import { makeSender } from '../../lambdas/dispatcher/send.ts';
import type { Settlement } from '../../store/deliveries.ts';
import { aDefinition, aDelivery, aSlackIntegration } from '../support/builders.ts';
import { readCorpus, testFamilies } from '../support/corpus.ts';
import { anAutomation, openDoors } from '../support/dispatch-doubles.ts';
import { type Receiver, type ScriptedAnswer, startReceiver } from '../support/receiver.ts';

const LOOPBACK = '127.0.0.0/8';
const NOW_MS = Date.UTC(2026, 10, 29, 12);

let slack: Receiver;
let answer: ScriptedAnswer;
const send = makeSender({ allowedAddresses: LOOPBACK });

beforeAll(async () => {
  slack = await startReceiver({ respond: () => answer });
  // What a date in Retry-After is measured from.
  jest.spyOn(Date, 'now').mockReturnValue(NOW_MS);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await slack.stop();
});

testFamilies<ScriptedAnswer, string, { way: 'bot' | 'webhook' }>(
  readCorpus('slack'),
  async (input, { way }) => {
    answer = input;
    const settled: Settlement[] = [];
    const disabled: string[] = [];
    await dispatch('dlv_1', {
      ...depsOf(way),
      settle: async (_id, _token, settlement) => {
        settled.push(settlement);
        return true;
      },
      disableIntegration: async (id) => {
        disabled.push(id);
        return true;
      },
    });
    return [...settled.map(written), ...(disabled.length > 0 ? ['disabled'] : [])].join('; ');
  },
);

function written(settlement: Settlement): string {
  if (settlement.status === 'pending') return `again in ${(settlement.dueAtMs - NOW_MS) / 1_000} s`;
  return settlement.reason === undefined ? settlement.status : `${settlement.status}: ${settlement.reason}`;
}

function depsOf(way: 'bot' | 'webhook'): DispatchDeps {
  const apiUrl = new URL(slack.url).origin;
  const action = { type: 'slack', integration: 'int_2', title: '', message: '', severity: 'INFO' } as const;
  return {
    ...openDoors(),
    ...anAutomation({ definition: aDefinition({ action }) }),
    lease: async (_id, { token }) => ({
      delivery: aDelivery({
        action: 'slack',
        integrationId: 'int_2',
        receivedAtMs: NOW_MS,
        createdAtMs: NOW_MS,
      }),
      token,
      attempt: 1,
    }),
    settle: async () => true,
    putAttempt: async () => true,
    readAttempts: async () => [],
    readIntegration: async () => aSlackIntegration(way === 'bot' ? {} : { webhook_url_secret: 'URL' }),
    readSecret: async (_team, name) => new Secret(name === 'URL' ? slack.url : 'xoxb-secret-token-1'),
    slack: { apiUrl, allowed: parseAllowedRanges(LOOPBACK) },
    send,
    requeue: async () => {},
    newToken: () => 'token',
    random: () => 0,
    now: () => NOW_MS,
    log: () => {},
  };
}
