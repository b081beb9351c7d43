import type { AutomationDefinition, Head, Revision } from '../../core/automation.ts';
import type { DispatchDeps } from '../../lambdas/dispatcher/dispatch.ts';
import { aDefinition } from './builders.ts';

/** Nothing stands in the way of a delivery: its minute is empty, its integration healthy and idle. */
export function openDoors() {
  return {
    admitToMinute: async () => true,
    putHeldBack: async () => undefined,
    putDelivery: async () => true,
    countHeldBack: async () => 0,
    announce: async () => ({}),
    keepTurns: async () => undefined,
    claimSubject: async () => 'claimed' as const,
    releaseSubject: async () => undefined,
    flows: {
      read: async () => ({ health: {}, places: [], free: [0], nextTurnMs: 0, lastMs: 0 }),
      forget: () => undefined,
    },
    sleep: async () => undefined,
    takePlace: async () => true,
    leavePlace: async () => ({}),
    reserveTurn: async () => 0,
    reservePace: async () => 0,
    readPace: async () => 0,
    openCircuit: async () => true,
    readHealth: async () => ({}),
    listIntegrations: async () => [],
    disableIntegration: async () => true,
  } satisfies Partial<DispatchDeps>;
}

/** An automation in force, whichever is asked for. */
export function anAutomation({
  enabled = true,
  definition = aDefinition(),
}: {
  enabled?: boolean;
  definition?: AutomationDefinition;
} = {}) {
  const times = { createdAtMs: 0, updatedAtMs: 0 };
  const saved = { savedAtMs: 0, triggerSavedAtMs: 0, savedBy: 'key_1' };
  return {
    readHead: async (id: string): Promise<Head> => ({
      ...{ id, team: 'vision', revision: 1, enabled, version: 1 },
      ...times,
    }),
    readRevision: async (automationId: string, revision: number): Promise<Revision> => ({
      ...{ automationId, revision, definition },
      ...saved,
    }),
  };
}
