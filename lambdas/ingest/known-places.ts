import type { SignalboxEvent } from '../../core/event.ts';
import type { Caller } from '../../core/key.ts';
import type { ProblemDetails } from '../../core/problem.ts';
import { mayPostInto, type Registry } from '../../core/registry.ts';

export interface PlacesDeps {
  /** The registries among these names that exist, as they were within the last minute. */
  readRegistries: (names: string[]) => Promise<Pick<Registry, 'name' | 'roles'>[]>;
  /** The teams among these names that exist. */
  readTeams: (names: string[]) => Promise<string[]>;
}

/** What is wrong with where an event says that it happened, if anything. */
export type JudgePlace = (event: SignalboxEvent) => ProblemDetails | undefined;

/**
 * Judges events by what was made: their team and their registry must be there. A key of a team belongs to one that is;
 * an org_admin's acts on every team, also on those that are not, and what nobody owns would be taken and be lost.
 */
export async function judgeOfPlaces(
  events: SignalboxEvent[],
  caller: Caller,
  deps: PlacesDeps,
): Promise<JudgePlace> {
  const named = [...new Set(events.flatMap(({ registry }) => registry ?? []))];
  const ofAnyTeam = caller.team === undefined ? [...new Set(events.map(({ team }) => team))] : [];
  const [found, teams] = await Promise.all([
    named.length > 0 ? deps.readRegistries(named) : [],
    ofAnyTeam.length > 0 ? deps.readTeams(ofAnyTeam) : [],
  ]);
  const registries = new Map(found.map((one) => [one.name, one]));
  const there = new Set<string>(teams);
  const missing = new Set(ofAnyTeam.filter((name) => !there.has(name)));
  return (event) => problemOfTeam(event, missing) ?? problemOfRegistry(event, registries);
}

function problemOfTeam({ team }: SignalboxEvent, missing: Set<string>): ProblemDetails | undefined {
  if (!missing.has(team)) return undefined;
  const hint = 'check the spelling; an org_admin makes a team with POST /v1/teams';
  return { code: 'invalid_input', field: 'team', detail: `there is no team ${team}`, hint };
}

/** Events in registries that do not exist, or in which their team has no role. */
function problemOfRegistry(
  { team, registry }: SignalboxEvent,
  registries: Map<string, Pick<Registry, 'roles'>>,
): ProblemDetails | undefined {
  if (registry === undefined) return undefined;
  const field = 'registry';
  const found = registries.get(registry);
  if (!found) {
    const hint = 'check the spelling; an org_admin makes a registry with POST /v1/registries';
    return { code: 'invalid_input', field, detail: `there is no registry ${registry}`, hint };
  }
  if (mayPostInto(found, team)) return undefined;
  const detail = `team ${team} may not post events into registry ${registry}`;
  const hint = `an org_admin gives it a role there: PUT /v1/registries/${registry}/teams/${team} {"role": "sender"}`;
  return { code: 'forbidden', field, detail, hint };
}
