import type { Activity } from '../activity.ts';
import type { AutomationDefinition } from '../automation.ts';
import { describeCondition } from '../condition-text.ts';
import type { Delivery, DeliveryProgress } from '../delivery.ts';
import type { Health } from '../health.ts';
import type { Standing } from '../runs/standing.ts';
import { describeScope } from '../scope-text.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger, type Trigger } from '../trigger.ts';
import { countsFrom } from './counts-from.ts';
import { deliverySentences } from './delivery-sentences.ts';
import { runSentences } from './run-sentences.ts';
import { timeAgo } from './time-ago.ts';

/** All that is known when somebody asks why an automation does or does not fire. */
export interface WhyFacts {
  nowMs: number;
  enabled: boolean;
  definition: AutomationDefinition;
  triggerSavedAtMs: number;
  /** When it was enabled again, if it ever was. */
  enabledAtMs?: number | undefined;
  /** When an event that the trigger names last came in the scope, to within five minutes. */
  lastSeenAtMs?: number | undefined;
  activity?: Activity | undefined;
  /** The last ones, newest first. */
  deliveries: (Delivery & DeliveryProgress)[];
  /** The one that the action goes through. */
  integration?: IntegrationFacts | 'deleted' | undefined;
  /** Of the run that is asked about. */
  run?: RunFacts | undefined;
}

export interface IntegrationFacts {
  name: string;
  health: Health;
  /** A secret that the action needs and that is not there. */
  missingSecret?: string | undefined;
}

export interface RunFacts {
  name: { team: string; project: string; run: string };
  /** Whether the scope holds it. */
  isInside: boolean;
  /** Whether anything is remembered of it. */
  isKnown: boolean;
  standing: Standing;
}

/** Whether it keeps the automation from firing or its deliveries from arriving, is worth a look, or is as it should be. */
export type Verdict = 'stops' | 'look' | 'fine';

export interface Sentence {
  about:
    | 'automation'
    | 'events'
    | 'run'
    | 'window'
    | 'latch'
    | 'firings'
    | 'delivery'
    | 'storm'
    | 'integration';
  verdict: Verdict;
  text: string;
}

/** Why an automation does or does not fire, in sentences: in the order in which an event meets each of them. */
export function explainWhy(facts: WhyFacts): Sentence[] {
  return [
    ...automationSentences(facts),
    seenSentence(facts),
    ...(facts.run ? runSentences(facts.run, facts) : []),
    firedSentence(facts),
    ...deliverySentences(facts),
  ];
}

function automationSentences(facts: WhyFacts): Sentence[] {
  const { enabled, definition, nowMs } = facts;
  const { scope, trigger } = definition;
  const { atMs, begun } = countsFrom(facts);
  const about = 'automation';
  const filtered = Object.keys(trigger.filter).length > 0 ? ', as far as its filter takes the event' : '';
  return [
    enabled
      ? { about, verdict: 'fine', text: 'It is enabled.' }
      : { about, verdict: 'stops', text: 'It is disabled: nothing fires it until somebody enables it.' },
    {
      about,
      verdict: 'fine',
      text: `It fires on ${describeTrigger(trigger)} in ${describeScope(scope)}${filtered}.`,
    },
    {
      about,
      verdict: 'fine',
      text: `${begun} ${timeAgo(atMs, nowMs)}: what was received before does not count.`,
    },
  ];
}

/** What fires it, in a few words: `run.metrics with average(loss, 5) < 0.3`. */
function describeTrigger(trigger: Trigger): string {
  if (isMetricsTrigger(trigger)) return `run.metrics with ${describeCondition(conditionOf(trigger))}`;
  if (isStateTrigger(trigger)) return `run.state that says ${trigger.states.join(' or ')}`;
  return trigger.event;
}

/** The events that it waits for: `run.metrics with loss`. */
function awaitedBy({ trigger }: AutomationDefinition): string {
  return isMetricsTrigger(trigger) ? `${trigger.event} with ${conditionOf(trigger).metric}` : trigger.event;
}

function seenSentence(facts: WhyFacts): Sentence {
  const { lastSeenAtMs, definition, nowMs } = facts;
  const { atMs, since } = countsFrom(facts);
  const about = 'events';
  const awaited = awaitedBy(definition);
  if (lastSeenAtMs === undefined) {
    const missed = ` What came in the first five seconds after ${since} may have been missed.`;
    const text = `No event of ${awaited} has come in its scope: check that the events are posted, their team and project, and the spelling.`;
    return { about, verdict: 'stops', text: nowMs - atMs < NEW_MS ? `${text}${missed}` : text };
  }
  const when = `The last event of ${awaited} in its scope came ${timeAgo(lastSeenAtMs, nowMs)}`;
  if (lastSeenAtMs >= atMs) return { about, verdict: 'fine', text: `${when}.` };
  const mayBeOlder = nowMs - lastSeenAtMs < NOTED_EVERY_MS;
  const newer = mayBeOlder ? '; what came since may not be noted yet' : '';
  return { about, verdict: 'look', text: `${when}, before ${since}${newer}.` };
}

/** So long it is told that what is saved is in force only within five seconds: who tries it out posts at once. */
const NEW_MS = 10 * 60_000;

/** An event that follows another one so soon may leave no note (see lambdas/matcher/sighting-log.ts). */
const NOTED_EVERY_MS = 5 * 60_000;

function firedSentence({ activity, nowMs }: WhyFacts): Sentence {
  const about = 'firings';
  if (!activity) return { about, verdict: 'look', text: 'Its condition and filter were never met together.' };
  const { fired, heldBack, lastFiredAtMs } = activity;
  const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
  const held = heldBack > 0 ? ` Its latch held it back ${times(heldBack)}.` : '';
  if (fired === 0 || lastFiredAtMs === undefined) {
    return { about, verdict: 'look', text: `It has not fired.${held}` };
  }
  const last = timeAgo(lastFiredAtMs, nowMs);
  return { about, verdict: 'fine', text: `It fired ${times(fired)}, last ${last}.${held}` };
}
