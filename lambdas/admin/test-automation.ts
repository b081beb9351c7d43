import type { RouteInput } from '../../core/api/routes.ts';
import { isCloudEvent, unwrapCloudEvent } from '../../core/cloud-event.ts';
import { type DryEvent, type DryFiring, dryRun, type Tried } from '../../core/dry-run/dry-run.ts';
import type { Stretch } from '../../core/dry-run/miss.ts';
import { describeMiss } from '../../core/dry-run/miss-text.ts';
import { type Rendered, renderMasked } from '../../core/dry-run/rendering.ts';
import type { SignalboxEvent } from '../../core/event.ts';
import { checkEventBytes, checkPointCount, pointsOf } from '../../core/event-limits.ts';
import { secretsOf } from '../../core/integration.ts';
import { renamedProblem } from '../../core/problem.ts';
import { parseEvent } from '../../core/received-event.ts';
import { readIntegration } from '../../store/integrations.ts';
import { readSecret } from '../../store/secrets.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { checkAutomation, findAutomation } from './automations.ts';
import { type AdminContext, permitTeam } from './context.ts';

/** Of each list so many, and of what may be large, requests and clauses, so much: an answer of Lambda ends at 6 MB. */
const MAX_LISTED = 500;
const MAX_LARGE_BYTES = 2_000_000;

/** Tries an automation on events. Sends nothing, stores nothing and reads no secret. */
export async function testAutomation(
  { body }: RouteInput<'testAutomation'>,
  context: AdminContext,
): Promise<HttpAnswer> {
  const tried = await triedIn(body, context);
  const { firings, misses, counts } = dryRun(tried, dryEvents(body.events, context.now()), context.now());
  const render = await rendererFor(tried, context);
  const room = roomOf(MAX_LARGE_BYTES);
  const fired = firings
    .slice(0, MAX_LISTED)
    .map((firing) => ({ ...firingToJson(firing), ...room.take(() => render(firing)) }));
  const notFired = misses.slice(0, MAX_LISTED).map((stretch) => ({
    ...missToJson(stretch, tried),
    ...room.take(() => ('clauses' in stretch.miss ? { clauses: stretch.miss.clauses } : {})),
  }));
  const truncated = firings.length > MAX_LISTED || misses.length > MAX_LISTED || room.isFull();
  return { status: 200, body: { counts: Object.fromEntries(counts), fired, not_fired: notFired, truncated } };
}

/** What is to be tried, checked as a save of it would be. */
async function triedIn(
  { automation, automation_id }: RouteInput<'testAutomation'>['body'],
  context: AdminContext,
): Promise<Tried> {
  if (automation === undefined) {
    const { head, revision } = await findAutomation({ id: automation_id ?? '' }, context);
    return { id: head.id, revision: revision.revision, definition: revision.definition };
  }
  await permitTeam(context, automation.team);
  await checkAutomation(automation, '', context).catch((error) => {
    throw renamedProblem(error, (field) => below('automation', field));
  });
  return { id: 'aut_unsaved', revision: 0, definition: automation };
}

/** The events in their order. Each counts as received at its own time, where that does not go back. */
function dryEvents(inputs: unknown[], nowMs: number): DryEvent[] {
  checkPointCount(inputs.reduce<number>((sum, input) => sum + pointsOf(input), 0));
  let receivedAtMs = 0;
  return inputs.map((input, at) => {
    const event = eventIn(input, at);
    const ownMs = event.time === undefined ? receivedAtMs || nowMs : Date.parse(event.time);
    receivedAtMs = Math.max(receivedAtMs, ownMs);
    return { event, receivedAtMs };
  });
}

function eventIn(input: unknown, at: number): SignalboxEvent {
  let nameOf = (field: string) => field;
  try {
    const opened = isCloudEvent(input) ? unwrapCloudEvent(input) : { input, nameOf };
    nameOf = opened.nameOf;
    const { event } = parseEvent(opened.input);
    checkEventBytes(event, Number.POSITIVE_INFINITY);
    return event;
  } catch (error) {
    throw renamedProblem(error, (field) => below(`events.${at}`, field && nameOf(field)));
  }
}

const below = (name: string, field: string | undefined) => (field === undefined ? name : `${name}.${field}`);

type Render = (firing: DryFiring) => Rendered | Record<string, never>;

/** How a firing's request is shown. */
async function rendererFor({ definition }: Tried, { table, now }: AdminContext): Promise<Render> {
  const { action } = definition;
  if (action.type === 'no_op') return () => ({});
  const integration = await readIntegration(table, action.integration);
  if (!integration) return () => ({ problem: 'integration_deleted' });
  const names = secretsOf(integration);
  const entries = await Promise.all(names.map((name) => readSecret(table, integration.team, name)));
  const secretNames = new Set(names.filter((_name, at) => entries[at] !== undefined));
  return ({ delivery }) => renderMasked(delivery, action, integration, { secretNames, nowMs: now() });
}

/** Takes parts of an answer as long as they fit; what does not is left out. */
function roomOf(bytes: number) {
  let left = bytes;
  return {
    isFull: () => left <= 0,
    take<Part extends object>(make: () => Part): Part | undefined {
      if (left <= 0) return undefined;
      const part = make();
      left -= JSON.stringify(part).length;
      return left > 0 ? part : undefined;
    },
  };
}

function firingToJson({ event, delivery: { facts, receivedAtMs }, attempt }: DryFiring) {
  const { event_id, run_id, metric_name, step, metric_value, metric_values } = facts;
  const all = {
    event_id,
    run: run_id,
    attempt,
    metric: metric_name,
    step,
    value: metric_value,
    values: metric_values,
    condition: facts['metric_filter'],
    status: facts['metric_current_status'],
  };
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  const received_at = new Date(receivedAtMs).toISOString();
  return { event: event ?? null, received_at, ...Object.fromEntries(known) };
}

function missToJson(stretch: Stretch, { definition }: Tried) {
  const { event, miss, count, steps, numbers } = stretch;
  return {
    event: event ?? null,
    reason: miss.reason,
    text: describeMiss(stretch, definition),
    count,
    ...(steps && { first_step: steps.first, last_step: steps.last }),
    ...('held' in miss && { held: miss.held, needed: miss.needed }),
    ...(numbers && { least: numbers.least, most: numbers.most }),
    ...('untilMs' in miss && miss.untilMs !== undefined && { until: new Date(miss.untilMs).toISOString() }),
  };
}
