import { describeCondition, describeMeasured } from '../condition-text.ts';
import { describeExplanation } from '../filters/explanation-text.ts';
import { describeScope } from '../scope-text.ts';
import { conditionOf, isMetricsTrigger, isStateTrigger, type Repeat } from '../trigger.ts';
import type { Tried } from './dry-run.ts';
import type { Miss, MissReason, Stretch } from './miss.ts';

type Definition = Tried['definition'];
type Describe<Reason extends MissReason> = (
  miss: Extract<Miss, { reason: Reason }>,
  definition: Definition,
  stretch: Stretch,
) => string;

const ofWindow: Describe<'window_not_full'> = ({ held, needed }) =>
  `the window is not full: ${held} of ${needed} values`;

const sentences: { [Reason in MissReason]: Describe<Reason> } = {
  other_event: (_miss, { trigger }) => `the automation is on ${trigger.event}`,
  other_scope: (_miss, { scope }) => `it happened outside of ${describeScope(scope)}`,
  other_metric: (_miss, definition) => `it has no value of ${conditionIn(definition)?.metric}`,
  other_state: (_miss, { trigger }) =>
    `the automation is on ${isStateTrigger(trigger) ? trigger.states.join(', ') : 'other states'}`,
  sign_of_life: () => 'a heartbeat is a sign of life: only silence for three intervals makes a run CRASHED',
  filter: ({ clauses }) => `the filter does not take it: ${describeExplanation(clauses)}`,
  window_not_full: ofWindow,
  too_few_runs: ({ held, needed }) =>
    `${held} of the ${needed} other runs that it is compared with have ended`,
  not_met: (miss, definition, stretch) => describeNotMet(miss, definition, stretch),
  prior_is_zero: () => 'the values before average 0, and a change relative to 0 is never met',
  no_deviation: () => 'the values before are all the same, and without a deviation there is no z-score',
  not_finite: () => 'NaN and infinities stay out of windows',
  finite: () => 'the value is finite',
  held_back: ({ untilMs }, { trigger }) =>
    `it is met, but fired before and is held back ${describeHold('repeat' in trigger ? trigger.repeat : undefined, untilMs)}`,
  late: () => 'the value came too late: newer ones fill the window',
  older_attempt: () => 'a newer attempt has replaced this one',
  repeated: () => 'it came before, and changes nothing',
  same_occurrence: () => 'it fired for this very step before, which is one delivery, or was held back there',
  same_state: () => 'the run is in this state already',
};

/** Why something did not fire, in words. */
export function describeMiss(stretch: Stretch, definition: Definition): string {
  const describe = sentences[stretch.miss.reason] as Describe<MissReason>;
  return describe(stretch.miss as never, definition, stretch);
}

function describeNotMet(
  { value }: Extract<Miss, { reason: 'not_met' }>,
  definition: Definition,
  { numbers }: Stretch,
): string {
  const condition = conditionIn(definition);
  if (!condition) return 'the condition is not met';
  const wanted = `${describeCondition(condition)} is not met`;
  if (!numbers || numbers.least === numbers.most) return `${wanted}: ${describeMeasured(condition, value)}`;
  return `${wanted}: from ${numbers.least} to ${numbers.most}`;
}

/** How long a latch holds an automation back. */
function describeHold(repeat: Repeat | undefined, untilMs: number | undefined): string {
  if (untilMs !== undefined) return `until ${new Date(untilMs).toISOString()}`;
  return repeat?.mode === 'after_false' ? 'until it was judged and not met' : 'for as long as the run lasts';
}

function conditionIn({ trigger }: Definition) {
  return isMetricsTrigger(trigger) ? conditionOf(trigger) : undefined;
}
