import { readRegistries } from '../../store/registries.ts';
import { readTeams } from '../../store/teams.ts';
import { callerOf } from '../shared/authenticate.ts';
import { readEnv } from '../shared/env.ts';
import { httpHandler } from '../shared/http.ts';
import { keyCheck } from '../shared/key-check.ts';
import { logStage } from '../shared/log.ts';
import { sendMessages } from '../shared/queue.ts';
import { tableOf } from '../shared/table.ts';
import { IngestEnv } from './env.ts';
import { ingest } from './ingest.ts';
import { NamedCache } from './named-cache.ts';

const env = readEnv(IngestEnv);
const table = tableOf(env);
const authenticate = keyCheck(table, env.ADMIN_KEY_SECRET_ID);

const registries = new NamedCache((names) => readRegistries(table, names), { keepsMissing: true });
// Who makes a team then goes on at once.
const teams = new NamedCache((names) => readTeams(table, names), { keepsMissing: false });

export const handler = httpHandler(async (request) => {
  const caller = await callerOf(request, authenticate);
  return ingest(request, caller, {
    readRegistries: registries.read,
    readTeams: async (names) => (await teams.read(names)).map(({ name }) => name),
    enqueue: (messages) => sendMessages(env.EVENTS_QUEUE_URL, messages),
    now: Date.now,
    log: logStage,
  });
});
