import { Agent } from 'undici';
import { type ConnectorOptions, guardedConnector } from './connector.ts';

/** Agents are kept for this many integrations; the one unused for longest goes first. */
const MAX_AGENTS = 100;

/**
 * Connections idle for longer are not used again: receivers close them, and a frozen Lambda does not notice.
 * Measured on the wall clock, because timers stand still with the Lambda.
 */
const MAX_IDLE_MS = 3_000;

const MAX_HEADER_BYTES = 16 * 1_024;

/** Gives each integration its own connections, so that none is ever shared between two of them. */
export function guardedAgents(options: ConnectorOptions): (integrationId: string) => Agent {
  const agents = new Map<string, KeptAgent>();
  return (integrationId) => {
    const known = agents.get(integrationId);
    // Taken out and put in again: a Map's order is then the order of use.
    agents.delete(integrationId);
    const agent = reusable(known) ?? newAgent(options);
    agents.set(integrationId, { agent, usedAtMs: Date.now() });
    dropOldest(agents);
    return agent;
  };
}

interface KeptAgent {
  agent: Agent;
  usedAtMs: number;
}

function reusable(known: KeptAgent | undefined): Agent | undefined {
  if (known === undefined) return undefined;
  if (Date.now() - known.usedAtMs <= MAX_IDLE_MS) return known.agent;
  closeQuietly(known.agent);
  return undefined;
}

function dropOldest(agents: Map<string, KeptAgent>): void {
  for (const [integrationId, { agent }] of agents) {
    if (agents.size <= MAX_AGENTS) return;
    agents.delete(integrationId);
    closeQuietly(agent);
  }
}

function newAgent(options: ConnectorOptions): Agent {
  return new Agent({
    connect: guardedConnector(options),
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: MAX_IDLE_MS,
    keepAliveMaxTimeout: MAX_IDLE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
}

/** Closes once its requests in flight have ended. */
function closeQuietly(agent: Agent): void {
  agent.close().catch(() => undefined);
}
