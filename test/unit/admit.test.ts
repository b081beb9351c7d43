import { type AdmitDeps, admit } from '../../lambdas/dispatcher/admit.ts';
import { aDefinition, aDelivery } from '../support/builders.ts';
import { anAutomation, openDoors } from '../support/dispatch-doubles.ts';

const delivery = { supersede: false, max_per_minute: 30, expires_after_seconds: 10 };
const heldBack = { action: 'slack', receivedAtMs: 61_000, createdAtMs: 62_000 } as const;

const depsAt = (nowMs: number): AdmitDeps => ({
  ...openDoors(),
  ...anAutomation({ definition: aDefinition({ delivery }) }),
  requeue: async () => undefined,
  now: () => nowMs,
});

test.each([
  // It is due at 135 s: a quarter of a minute after its minute.
  [145_000, { expiresAtMs: 145_000, subject: undefined }],
  [145_001, { ended: 'skipped', reason: 'expired' }],
])(
  'a digest at %i expires by when it was due, not by when its firings were received',
  async (nowMs, wanted) => {
    const digest = aDelivery({ ...heldBack, digest: { minuteMs: 60_000 } });
    expect(await admit(digest, depsAt(nowMs))).toEqual(wanted);
  },
);

test('what is no digest expires by when its event was received', async () => {
  const expired = { ended: 'skipped', reason: 'expired' };
  expect(await admit(aDelivery(heldBack), depsAt(71_001))).toEqual(expired);
  expect(await admit(aDelivery(heldBack), depsAt(71_000))).toMatchObject({ expiresAtMs: 71_000 });
});
