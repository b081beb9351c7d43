import { describeCondition, describeMeasured } from '../condition-text.ts';
import type { Standing, WindowStanding } from '../runs/standing.ts';
import { describeScope } from '../scope-text.ts';
import { type Condition, conditionOf, isMetricsTrigger, isStateTrigger } from '../trigger.ts';
import { countsFrom } from './counts-from.ts';
import { timeAgo } from './time-ago.ts';
import type { RunFacts, Sentence, WhyFacts } from './why.ts';

type Asked = Pick<WhyFacts, 'definition' | 'nowMs' | 'triggerSavedAtMs' | 'enabledAtMs'>;

/** How an automation stands with one run. */
export function runSentences(run: RunFacts, asked: Asked): Sentence[] {
  const { team, project, run: id } = run.name;
  const name = `Run ${team}/${project}/${id}`;
  const { trigger, scope } = asked.definition;
  const about = 'run';
  if (!trigger.event.startsWith('run.')) {
    return [{ about, verdict: 'look', text: `${name} does not matter: ${trigger.event} is not about runs.` }];
  }
  if (!run.isInside) {
    return [{ about, verdict: 'stops', text: `${name} is outside of ${describeScope(scope)}.` }];
  }
  if (!run.isKnown) {
    const text = `${name} is not known: nothing came of it that an automation looked at.`;
    return [{ about, verdict: 'stops', text }];
  }
  const { standing } = run;
  return [
    ...(isMetricsTrigger(trigger) ? windowSentences(name, standing, conditionOf(trigger), asked) : []),
    ...(isStateTrigger(trigger) ? stateSentences(name, standing, asked) : []),
    ...latchSentences(standing, asked),
  ];
}

function windowSentences(
  name: string,
  { window, late }: Standing,
  condition: Condition,
  asked: Asked,
): Sentence[] {
  const about = 'window';
  const { nowMs } = asked;
  const dropped: Sentence[] =
    late > 0
      ? [{ about, verdict: 'look', text: `${late} values of the run came too late, and were dropped.` }]
      : [];
  if (condition.kind === 'not_finite') return dropped;
  if (!window?.lastReceivedAtMs) {
    const text = `${name} has no value of ${condition.metric} that counts: none came, or a rewind took them back.`;
    return [{ about, verdict: 'stops', text }, ...dropped];
  }
  const last = timeAgo(window.lastReceivedAtMs, nowMs);
  const came = `${name} sent its last value of ${condition.metric} ${last}.`;
  return [
    { about: 'run', verdict: 'fine', text: came },
    fullness(window, asked),
    ...valueSentence(window, condition),
    ...dropped,
  ];
}

function fullness({ held, needed, prior, tooOld }: WindowStanding, asked: Asked): Sentence {
  const about = 'window';
  const priorText = prior
    ? ` (${held - prior.held} of ${needed - prior.needed}, and ${prior.held} of the ${prior.needed} before)`
    : '';
  if (held === needed) {
    return { about, verdict: 'fine', text: `Its window is full: ${needed} of ${needed} values${priorText}.` };
  }
  const old = tooOld > 0 ? ` ${tooOld} more came before ${countsFrom(asked).since}.` : '';
  const text = `Its window holds ${held} of ${needed} values${priorText}, and counts only when it is full.${old}`;
  return { about, verdict: 'stops', text };
}

function valueSentence({ value, isMet, held, needed, newestStep = 0 }: WindowStanding, condition: Condition) {
  if (held < needed) return [];
  const wanted = describeCondition(condition);
  const [verdict, text]: [Sentence['verdict'], string] =
    value === undefined
      ? ['stops', `Fewer other runs have ended than ${wanted} is compared with.`]
      : Number.isNaN(value)
        ? ['stops', `${wanted} is never met here: ${neverMet(condition)}.`]
        : [
            isMet ? 'fine' : 'stops',
            `${wanted} is ${isMet ? 'met' : 'not met'}: ${describeMeasured(condition, value)} at step ${newestStep}.`,
          ];
  return [{ about: 'window' as const, verdict, text }];
}

function neverMet({ kind }: Condition): string {
  return kind === 'change' ? 'the values before come to 0' : 'the values before are all the same';
}

function stateSentences(name: string, { state, silentAtMs }: Standing, { nowMs }: Asked): Sentence[] {
  const about = 'run';
  const known: Sentence = state
    ? {
        about,
        verdict: 'fine',
        text: `${name} is ${state.now}${state.isSilent ? ', by its silence' : ''}: the same state again fires nothing.`,
      }
    : { about, verdict: 'look', text: `${name} has said no state while somebody watched.` };
  if (silentAtMs === undefined) return [known];
  const text = `Silence makes it CRASHED ${timeAgo(silentAtMs, nowMs)}.`;
  return [known, { about, verdict: 'fine', text }];
}

function latchSentences({ latches }: Standing, { definition: { trigger }, nowMs }: Asked): Sentence[] {
  const mode = 'repeat' in trigger ? trigger.repeat.mode : 'every_time';
  return latches.map(({ state, firedAtMs, untilMs }) => {
    const what = state === undefined ? 'this run' : `this run and ${state}`;
    const hold =
      untilMs !== undefined
        ? `fires again ${timeAgo(untilMs, nowMs)} at the earliest`
        : mode === 'after_false'
          ? 'fires again only after it was judged and not met'
          : 'fires once per run';
    return {
      about: 'latch',
      verdict: 'stops',
      text: `It fired for ${what} ${timeAgo(firedAtMs, nowMs)}, and ${hold}.`,
    };
  });
}
