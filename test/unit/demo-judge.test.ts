import { createHmac } from 'node:crypto';
import { type Evidence, firstMet, judge } from '../../local/demo/judge.ts';
import { type Arrival, verify } from '../../local/demo/receiver.ts';
import { parseStep } from '../../local/demo/training.ts';

const losses = [0.9, 0.1, 0.8, 0.3, 0.2, 0.1].map((loss, step) => ({ step, loss }));

function anArrival(automation: string, payload: Record<string, unknown> = {}): Arrival {
  const proofs = { token: true, wandbSignature: true, standardSignature: true };
  return { deliveryId: `dlv_${automation}`, payload: { automation, ...payload }, ...proofs };
}

const fired = anArrival('loss', { step: 5, value: 0.2 });
const linked = anArrival('linked');
const delivered = (automation: string) => ({
  id: `dlv_${automation}`,
  automation,
  status: 'delivered',
  attempts: 1,
});

/** What a demo sees in which all is well, but for what a case changes. */
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  condition: { automation: 'loss', window: 3, below: 0.21 },
  losses,
  training: { exitCode: 0, errors: '' },
  expected: ['loss', 'linked'],
  arrivals: [fired, linked],
  history: [delivered('loss'), delivered('linked')],
  ...changes,
});

describe('firstMet', () => {
  test('is the end of the first full window whose average is below the bound', () => {
    expect(firstMet(losses, { window: 2, below: 0.3 })).toEqual({ step: 4, average: 0.25 });
    expect(firstMet(losses, { window: 1, below: 0.3 })).toEqual({ step: 1, average: 0.1 });
  });

  test('does not count an average that equals the bound, nor a window that is not full', () => {
    expect(firstMet([{ step: 0, loss: 0.5 }], { window: 1, below: 0.5 })).toBeUndefined();
    expect(firstMet(losses, { window: 7, below: 10 })).toBeUndefined();
  });
});

describe('the judgement of a demo', () => {
  test('has nothing to say when every automation fired once and every proof holds', () => {
    expect(judge(evidence())).toEqual([]);
  });

  const cases: [string, Partial<Evidence>, RegExp][] = [
    ['a webhook that never came', { arrivals: [fired] }, /^linked: the receiver got 0 requests and 1/],
    ['a webhook that came twice', { arrivals: [fired, linked, linked] }, /^linked: the receiver got 2/],
    [
      'a delivery too many',
      { history: [delivered('loss'), delivered('linked'), delivered('linked')] },
      /holds 2/,
    ],
    ['a delivery too few', { history: [delivered('loss')] }, /^linked: the history holds 0/],
    [
      'a delivery that needed a second attempt',
      { history: [delivered('loss'), { ...delivered('linked'), attempts: 2 }] },
      /^linked: dlv_linked is delivered after 2 attempts/,
    ],
    [
      'a delivery that failed',
      { history: [delivered('loss'), { ...delivered('linked'), status: 'failed' }] },
      /^linked: dlv_linked is failed after 1/,
    ],
    [
      'a delivery in the history that the receiver never saw',
      { history: [delivered('loss'), { ...delivered('linked'), id: 'dlv_other' }] },
      /^linked: the history says dlv_other is delivered, and the receiver never got it/,
    ],
    [
      'an automation that nobody expected',
      { arrivals: [fired, linked, anArrival('other')] },
      /^other: .* not expected/,
    ],
    [
      'a wrong token',
      { arrivals: [fired, { ...linked, token: false }] },
      /^linked: .*verify the access token/,
    ],
    [
      'wrong signatures',
      { arrivals: [fired, { ...linked, wandbSignature: false, standardSignature: false }] },
      /verify X-Wandb-Signature and webhook-signature/,
    ],
    [
      'a firing at another step',
      { arrivals: [anArrival('loss', { step: 4, value: 0.2 }), linked] },
      /^loss: it fired at step 4 .* by hand it is step 5/,
    ],
    [
      'a firing with another value',
      { arrivals: [anArrival('loss', { step: 5, value: '0.2' }), linked] },
      /^loss: .* value 0.2; by hand/,
    ],
    [
      'a firing without any reason',
      { condition: { automation: 'loss', window: 3, below: 0.1 } },
      /^By hand, the average of 3 losses never fell below 0.1/,
    ],
    ['a training that failed', { training: { exitCode: 1, errors: 'no' } }, /exit code 1: no$/],
    ['a training that hung', { training: { exitCode: null, errors: '' } }, /did not end in time/],
    ['a training that said nothing', { losses: [] }, /printed no losses/],
  ];

  test.each(cases)('has a sentence for %s', (_, changes, sentence) => {
    expect(judge(evidence(changes))).toContainEqual(expect.stringMatching(sentence));
  });
});

describe("the demo's receiver", () => {
  const secrets = { accessToken: 'token', signingSecret: `whsec_${Buffer.from('a key').toString('base64')}` };
  const body = '{"automation":"linked"}';
  const now = String(Math.floor(Date.now() / 1000));
  const signed = (timestamp: string) =>
    `v1,${createHmac('sha256', 'a key').update(`dlv_1.${timestamp}.${body}`).digest('base64')}`;
  const headers = {
    authorization: 'Bearer token',
    'webhook-id': 'dlv_1',
    'webhook-timestamp': now,
    'webhook-signature': signed(now),
    'x-wandb-signature': createHmac('sha256', secrets.signingSecret).update(body).digest('hex'),
  };

  test('verifies the token and both signatures', () => {
    expect(verify(headers, body, secrets)).toMatchObject({
      deliveryId: 'dlv_1',
      payload: { automation: 'linked' },
      token: true,
      wandbSignature: true,
      standardSignature: true,
    });
  });

  test('sees a body that was changed by one character', () => {
    const arrival = verify(headers, `${body} `, secrets);
    expect(arrival).toMatchObject({ token: true, wandbSignature: false, standardSignature: false });
  });

  test('believes no signature that is old, and nothing that is missing', () => {
    const old = String(Number(now) - 600);
    const late = { ...headers, 'webhook-timestamp': old, 'webhook-signature': signed(old) };
    expect(verify(late, body, secrets).standardSignature).toBe(false);
    expect(verify({}, body, secrets)).toMatchObject({
      token: false,
      wandbSignature: false,
      standardSignature: false,
    });
  });
});

test('a printed step is read, and other lines are not', () => {
  expect(parseStep('step  945  loss 0.129542  accuracy 0.870000')).toEqual({ step: 945, loss: 0.129542 });
  expect(parseStep('linked  models/two-clouds:v0')).toBeUndefined();
});
