import { secretsFor } from '../../core/actions/plan.ts';
import type { RouteInput } from '../../core/api/routes.ts';
import { describeCondition } from '../../core/condition-text.ts';
import { Watcher } from '../../core/matching/watcher.ts';
import { Problem } from '../../core/problem.ts';
import { type Standing, standingOf, type WindowStanding } from '../../core/runs/standing.ts';
import { type Scope, scopeKey, scopeKeysCovering } from '../../core/scope.ts';
import { conditionOf, isMetricsTrigger } from '../../core/trigger.ts';
import { watchesOf } from '../../core/watch.ts';
import { explainWhy, type RunFacts, type WhyFacts } from '../../core/why/why.ts';
import { readActivity } from '../../store/activity.ts';
import type { Automation } from '../../store/automations.ts';
import { readEndedRuns } from '../../store/ended-runs.ts';
import { readHealth } from '../../store/health.ts';
import { listDeliveries } from '../../store/history.ts';
import { readIntegration } from '../../store/integrations.ts';
import { loadRun, type RunName } from '../../store/runs.ts';
import { readSecret } from '../../store/secrets.ts';
import { readSighting } from '../../store/sightings.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { findAutomation } from './automations.ts';
import { type AdminContext, permit } from './context.ts';

/** How far an automation is with one run, read off what is remembered of the run. */
export async function readStanding(
  { params, query }: RouteInput<'readStanding'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const automation = await findAutomation(params, context);
  const run = await runFacts(automation, { ...query, run: params['run'] ?? '' }, context);
  return { status: 200, body: standingToJson(run, automation) };
}

/** Why an automation does or does not fire, and its deliveries do or do not arrive. */
export async function explainAutomation(
  { params, query }: RouteInput<'explainAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const automation = await findAutomation(params, context);
  const { run } = query;
  const [facts, ofRun] = await Promise.all([
    whyFacts(automation, context),
    run === undefined ? undefined : runFacts(automation, { ...query, run }, context),
  ]);
  return { status: 200, body: { sentences: explainWhy({ ...facts, run: ofRun }) } };
}

/** So many deliveries are looked at for a storm. */
const LOOKED_AT = 25;

async function whyFacts({ head, revision }: Automation, { table, now }: AdminContext): Promise<WhyFacts> {
  const { definition, triggerSavedAtMs } = revision;
  const [watch] = watchesOf(definition);
  const [lastSeenAtMs, activity, { deliveries }, integration] = await Promise.all([
    readSighting(table, watch),
    readActivity(table, head.id),
    listDeliveries(table, { of: { automation: head.id } }, { limit: LOOKED_AT }),
    integrationFacts(definition.action, table),
  ]);
  const { enabled, enabledAtMs } = head;
  const known = { nowMs: now(), enabled, enabledAtMs, definition, triggerSavedAtMs };
  return { ...known, lastSeenAtMs, activity, deliveries, integration };
}

async function integrationFacts(
  action: Automation['revision']['definition']['action'],
  table: AdminContext['table'],
): Promise<WhyFacts['integration']> {
  if (action.type === 'no_op') return undefined;
  const { integration: id } = action;
  const [integration, health] = await Promise.all([readIntegration(table, id), readHealth(table, id)]);
  if (!integration) return 'deleted';
  const needed = secretsFor(action, integration);
  const entries = await Promise.all(needed.map((name) => readSecret(table, integration.team, name)));
  const missingSecret = needed.find((_name, at) => entries[at] === undefined);
  return { name: integration.name, health, missingSecret };
}

interface Asked {
  run: string;
  team?: string | undefined;
  project?: string | undefined;
}

async function runFacts(
  { head, revision }: Automation,
  asked: Asked,
  context: AdminContext,
): Promise<RunFacts> {
  const { table, now } = context;
  const { scope } = revision.definition;
  const name = runName(scope, asked);
  // An automation of the organization sees runs of other teams, of which not everybody may read.
  permit(context, name.team);
  const nowMs = now();
  const memory = await loadRun(table, name, nowMs);
  const watcher = new Watcher(head, revision);
  const lastOfOthers = await othersOf(name, watcher, context);
  return {
    name,
    isInside: scopeKeysCovering(name).includes(scopeKey(scope)),
    isKnown: memory.version > 0,
    standing: standingOf(memory, watcher, { nowMs, lastOfOthers }),
  };
}

/** What the scope does not say of a run's place, the caller must. */
function runName(scope: Scope, { run, ...asked }: Asked): RunName {
  const own: { team?: string | undefined; project?: string | undefined } =
    scope.kind === 'organization' || scope.kind === 'registry' ? {} : scope;
  const { team = own.team, project = own.project } = asked;
  const missing = [team === undefined ? ['team'] : [], project === undefined ? ['project'] : []].flat()[0];
  if (team !== undefined && project !== undefined) return { team, project, run };
  const detail = `${missing} is missing: the automation looks at runs in more than one`;
  throw new Problem({
    code: 'invalid_input',
    field: missing ?? '',
    detail,
    hint: `say in which ${missing} the run is`,
  });
}

/** For a condition across runs, the last values of those that ended. */
async function othersOf(
  { run, ...place }: RunName,
  { definition: { trigger } }: Watcher,
  context: AdminContext,
) {
  const condition = isMetricsTrigger(trigger) ? conditionOf(trigger) : undefined;
  if (condition?.kind !== 'zscore' || condition.across !== 'runs') return () => undefined;
  const { metric, window } = condition;
  const ended = await readEndedRuns(context.table, { ...place, metric }, context.now(), window + 1);
  const values = ended.filter((one) => one.run !== run).map(({ value }) => value);
  return (_metric: string, runs: number) => (values.length >= runs ? values.slice(0, runs) : undefined);
}

const time = (ms: number) => new Date(ms).toISOString();

function standingToJson({ name, isInside, isKnown, standing }: RunFacts, { revision }: Automation) {
  const { window, latches, state, silentAtMs, late } = standing;
  const { trigger } = revision.definition;
  const condition = isMetricsTrigger(trigger) ? describeCondition(conditionOf(trigger)) : '';
  return {
    run: { team: name.team, project: name.project, id: name.run },
    in_scope: isInside,
    known: isKnown,
    ...(window && { window: windowToJson(window, condition) }),
    latches: latches.map(latchToJson),
    ...(state && { state: { now: state.now, by_silence: state.isSilent } }),
    ...(silentAtMs !== undefined && { silent_at: time(silentAtMs) }),
    late,
  };
}

function windowToJson(
  { held, needed, prior, tooOld, newestStep, lastReceivedAtMs, value, isMet }: WindowStanding,
  condition: string,
) {
  return {
    ...{ held, needed, ...(prior && { prior }), too_old: tooOld },
    ...(newestStep !== undefined && { newest_step: newestStep }),
    ...(lastReceivedAtMs !== undefined && { last_received_at: time(lastReceivedAtMs) }),
    condition,
    ...(value !== undefined && { value: Number.isNaN(value) ? null : value }),
    met: isMet,
  };
}

function latchToJson({ state, firedAtMs, untilMs }: Standing['latches'][number]) {
  return {
    ...(state && { state }),
    fired_at: time(firedAtMs),
    ...(untilMs !== undefined && { until: time(untilMs) }),
  };
}
