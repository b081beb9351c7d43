import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { webhookRequest } from '../../core/actions/webhook.ts';
import { Secret } from '../../core/secret.ts';
import { aDelivery, aWebhookIntegration } from '../support/builders.ts';
import { testNeeding } from '../support/needs.ts';

const encoded = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;
const keys = {
  OLD: encoded('old-old-old-old-old-old-old-32-b'),
  NEW: encoded('new-new-new-new-new-new-new-32-b'),
  PLAIN: 'correct horse battery staple',
  LETTERS: 'schlüssel-鍵-🔑',
};
type KeyName = keyof typeof keys;

interface Message {
  secret: string;
  body: string;
  headers: Record<string, string>;
}

/** A request as it would go out now, signed by an integration with these keys. */
function message(
  signing: KeyName | undefined,
  previous?: KeyName,
  text = 'Zoë 🚀 "quoted" \\ \u2028 </script>',
): Omit<Message, 'secret'> {
  const integration = aWebhookIntegration({
    ...(signing && { signing_secret: signing }),
    ...(previous && { previous_signing_secret: previous }),
  });
  const built = webhookRequest({
    delivery: aDelivery({ facts: { run_name: text } }),
    integration,
    payload: { text: '${run_name}' },
    secrets: new Map(Object.entries(keys).map(([name, value]) => [name, new Secret(value)])),
    timestampSeconds: Math.floor(Date.now() / 1000),
  });
  if ('problem' in built) throw new Error(built.problem);
  const headers = Object.entries(built.request.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { body: built.request.body, headers: Object.fromEntries(headers) };
}

function packageTakes({ body, headers }: Omit<Message, 'secret'>, key: KeyName): boolean {
  const secret = keys[key];
  const verifier = secret.startsWith('whsec_')
    ? new Webhook(secret)
    : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
  try {
    verifier.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

function pythonTakes(messages: Message[]): { wandb: boolean; standard: boolean }[] {
  const script = join(import.meta.dirname, '../support/verify_signatures.py');
  const input = messages.map((one) => JSON.stringify(one)).join('\n');
  const output = execFileSync('python3', [script], { input, encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([wandb, standard]) => ({ wandb: wandb === 'yes', standard: standard === 'yes' }));
}

/** A rotation: what signs, and which key a receiver may hold at that time. */
const rotation: { signing: KeyName; previous?: KeyName; receivers: KeyName[] }[] = [
  { signing: 'OLD', receivers: ['OLD'] },
  { signing: 'NEW', previous: 'OLD', receivers: ['OLD', 'NEW'] },
  { signing: 'NEW', receivers: ['NEW'] },
];

describe('the standardwebhooks package', () => {
  test.each(Object.keys(keys) as KeyName[])('takes what is signed with %s, and no other key', (key) => {
    for (const other of Object.keys(keys) as KeyName[]) {
      expect([other, packageTakes(message(key), other)]).toEqual([other, other === key]);
    }
  });

  test('takes every message of a rotation, with the key that its receiver has', () => {
    for (const { signing, previous, receivers } of rotation) {
      for (const receiver of receivers) expect(packageTakes(message(signing, previous), receiver)).toBe(true);
    }
    expect(packageTakes(message('NEW'), 'OLD')).toBe(false);
    expect(packageTakes(message('OLD'), 'NEW')).toBe(false);
  });

  test('takes 1,000 messages of any text', () => {
    for (let at = 0; at < 1_000; at++) {
      const text = String.fromCodePoint(
        ...Array.from({ length: 20 }, (_, n) => (at * 7919 + n * 104_729) % 0xd7ff),
      );
      expect(packageTakes(message('NEW', 'OLD', text), at % 2 === 0 ? 'OLD' : 'NEW')).toBe(true);
    }
  });
});

test('without a signing secret nothing is signed', () => {
  const { headers } = message(undefined);
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/signature/)]));
});

testNeeding('python3')('a receiver in Python takes W&B’s header and the standard one', async () => {
  const names = Object.keys(keys) as KeyName[];
  const own = names.map((key) => ({ ...message(key), secret: keys[key] }));
  expect(pythonTakes(own)).toEqual(names.map(() => ({ wandb: true, standard: true })));
  const others = names.map((key, at) => ({ ...message(key), secret: keys[names[(at + 1) % names.length]!] }));
  expect(pythonTakes(others)).toEqual(names.map(() => ({ wandb: false, standard: false })));
});

testNeeding('python3')('a receiver in Python takes every message of a rotation', async () => {
  const asked = rotation.flatMap(({ signing, previous, receivers }) =>
    receivers.map((receiver) => ({
      message: { ...message(signing, previous), secret: keys[receiver] },
      // W&B's header has room for one key, the newer one: its receivers take both keys while they change.
      expected: { wandb: receiver === signing, standard: true },
    })),
  );
  expect(pythonTakes(asked.map((one) => one.message))).toEqual(asked.map((one) => one.expected));
});
