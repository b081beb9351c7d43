import { isTest } from '../../core/actions/test-call.ts';
import type { Digest } from '../../core/delivery.ts';
import { noticeRevision } from '../../core/notice.ts';
import type { Lease, StoredDelivery } from '../../store/deliveries.ts';
import type { Place } from '../../store/health.ts';
import type { Claim } from '../../store/newest.ts';
import { type AdmitDeps, admit, type Ended, endBefore } from './admit.ts';
import { enter, type InFlightDeps, type Later, later } from './in-flight.ts';
import { type PaceDeps, type Paced, pace } from './pace.ts';
import { type PrepareDeps, type Prepared, prepare } from './prepare.ts';

export interface ReadyDeps extends AdmitDeps, InFlightDeps, PaceDeps, PrepareDeps {
  claimSubject: (
    delivery: StoredDelivery,
    subject: string,
    claim: { token: string; nowMs: number; untilMs: number },
  ) => Promise<Claim>;
  releaseSubject: (delivery: StoredDelivery, subject: string, token: string) => Promise<void>;
  countHeldBack: (automationId: string, minuteMs: number) => Promise<number>;
}

/** What an attempt has in its hands, to be given back whatever becomes of it. */
export interface Held {
  place?: Place;
  subject?: string;
}

type Request = Extract<Prepared, { request: unknown }> & Paced;
export type Ready = Request & { expiresAtMs: number; digest?: Digest };

/** Another attempt on the same subject is over soon. */
const BUSY_MS = 1_000;

/** Everything between lease and sending: may it go out, is it its turn, what is to be sent, is it still the newest. */
export async function makeReady(
  { delivery, token, untilMs }: Lease & { untilMs: number },
  held: Held,
  deps: ReadyDeps,
): Promise<Ready | Later | Ended> {
  const admitted = await admit(delivery, deps);
  if ('ended' in admitted) return admitted;
  const { expiresAtMs, subject } = admitted;
  const { integrationId } = delivery;
  // A test call is to say how the endpoint is, also while it is left alone, and must not count against it.
  if (integrationId !== undefined && !isTest(delivery)) {
    const entered = await enter(delivery, integrationId, { token, untilMs, expiresAtMs }, deps);
    if (!('place' in entered)) return entered;
    held.place = entered.place;
  }
  const counted = await withCount(delivery, deps);
  const prepared: Request | Ended = await prepare(counted, depsFor(delivery, deps));
  if ('ended' in prepared) return prepared;
  const turn =
    // It may have stood in line since it was admitted.
    endBefore(delivery, expiresAtMs, deps.now()) ??
    (await pace(delivery, { ...prepared, expiresAtMs }, deps)) ??
    (await claim(delivery, subject, { token, untilMs }, deps));
  if (turn !== 'claimed') return turn;
  if (subject !== undefined) held.subject = subject;
  return { ...prepared, expiresAtMs, ...(counted.digest && { digest: counted.digest }) };
}

/** A notice has no automation: `prepare` is given what stands in its place. */
function depsFor(delivery: StoredDelivery, deps: PrepareDeps): PrepareDeps {
  if (!delivery.notice) return deps;
  const { head, revision } = noticeRevision(delivery);
  return { ...deps, readHead: async () => head, readRevision: async () => revision };
}

/** A digest is told how many firings it stands for. They are remembered for a week: later the first count holds. */
async function withCount(delivery: StoredDelivery, deps: ReadyDeps): Promise<StoredDelivery> {
  const { digest, automationId } = delivery;
  if (!digest) return delivery;
  const count = await deps.countHeldBack(automationId, digest.minuteMs);
  return { ...delivery, digest: { ...digest, count: Math.max(count, digest.count ?? 0) } };
}

async function claim(
  delivery: StoredDelivery,
  subject: string | undefined,
  { token, untilMs }: { token: string; untilMs: number },
  deps: ReadyDeps,
): Promise<'claimed' | Later | Ended> {
  if (subject === undefined) return 'claimed';
  const nowMs = deps.now();
  const claimed = await deps.claimSubject(delivery, subject, { token, nowMs, untilMs });
  if (claimed === 'claimed') return claimed;
  if (claimed === 'superseded') return { ended: 'skipped', reason: 'superseded' };
  return later(delivery, nowMs + BUSY_MS * (1 + deps.random()), {});
}
