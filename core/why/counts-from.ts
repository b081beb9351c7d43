import type { WhyFacts } from './why.ts';

type Begun = Pick<WhyFacts, 'triggerSavedAtMs' | 'enabledAtMs'>;

/** From when on what is received counts, and what happened then: behind `before`, and as a sentence begins. */
export function countsFrom({ triggerSavedAtMs, enabledAtMs = 0 }: Begun): {
  atMs: number;
  since: string;
  begun: string;
} {
  return enabledAtMs > triggerSavedAtMs
    ? { atMs: enabledAtMs, since: 'it was enabled again', begun: 'It was enabled again' }
    : { atMs: triggerSavedAtMs, since: 'the trigger was saved', begun: 'Its trigger was saved' };
}
