import { isTest } from '../../core/actions/test-call.ts';
import type { Digest } from '../../core/delivery.ts';
import { noticeRevision } from '../../core/notice.ts';
import type { Lease, StoredDelivery } from '../../store/deliveries.ts';
import type { Place } from '../../store/health.ts';
import type { Claim, Turns } from '../../store/newest.ts';
import { type AdmitDeps, type Admitted, admit, type Ended, endBefore } from './admit.ts';
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
  keepTurns: (delivery: StoredDelivery, subject: string, turns: Turns) => Promise<void>;
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
  lease: Lease & { untilMs: number },
  held: Held,
  deps: ReadyDeps,
): Promise<Ready | Later | Ended> {
  const { token, untilMs } = lease;
  const admitted = await admit(lease.delivery, deps);
  if ('ended' in admitted) return admitted;
  const { expiresAtMs, subject, ...turns } = admitted;
  const delivery = withTurns(lease.delivery, turns);
  const { integrationId } = delivery;
  // A test call is to say how the endpoint is, also while it is left alone, and must not count against it.
  if (integrationId !== undefined && !isTest(delivery)) {
    const entered = await enter(delivery, integrationId, { token, untilMs, expiresAtMs }, deps);
    if (!('place' in entered)) return keepingTurns(delivery, admitted, entered, deps);
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
  if (turn !== 'claimed') return keepingTurns(delivery, admitted, turn, deps);
  if (subject !== undefined) held.subject = subject;
  return { ...prepared, expiresAtMs, ...(counted.digest && { digest: counted.digest }) };
}

function withTurns(delivery: StoredDelivery, turns: Turns): StoredDelivery {
  if (Object.keys(turns).length === 0) return delivery;
  return { ...delivery, wait: { times: 0, ...delivery.wait, ...turns } };
}

/** The turns of a delivery that may be superseded by then are its subject's. */
async function keepingTurns(
  delivery: StoredDelivery,
  { subject, turnAtMs, pacedAtMs }: Admitted,
  waits: Later | Ended,
  deps: ReadyDeps,
): Promise<Later | Ended> {
  if (subject === undefined || 'ended' in waits) return waits;
  const { turnAtMs: turn = turnAtMs, pacedAtMs: paced = pacedAtMs } = waits.wait;
  const taken = {
    ...(turn !== undefined && turn !== turnAtMs && { turnAtMs: turn }),
    ...(paced !== undefined && paced !== pacedAtMs && { pacedAtMs: paced }),
  };
  if (Object.keys(taken).length > 0) await deps.keepTurns(delivery, subject, taken);
  return waits;
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
