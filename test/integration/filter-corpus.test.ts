import { createTeam } from '../../store/teams.ts';
import { type Api, startAdminApi } from '../support/admin-api.ts';
import { readCorpus, readGiven, testFamilies } from '../support/corpus.ts';

let call: Api;
let stop: () => Promise<void>;

beforeAll(async () => {
  const api = await startAdminApi();
  ({ call, stop } = api);
  await createTeam(api.table, { name: 'vision', description: '', version: 1, createdAtMs: 0 });
});
afterAll(() => stop());

const { event } = readGiven<{ event: { type: string } }>('filters');

type Input = { filter: unknown } | { pattern: string; text: string };

testFamilies<Input, string, undefined>(readCorpus('filters'), async (input) => {
  const isPattern = 'pattern' in input;
  const filter = isPattern ? { 'metadata.text': { $regex: input.pattern } } : input.filter;
  const automation = {
    ...{ name: 'under test', team: 'vision', scope: { kind: 'team', team: 'vision' } },
    ...{ trigger: { event: event.type, filter }, action: { type: 'no_op' } },
  };
  const sent = isPattern ? { ...event, metadata: { text: input.text } } : event;
  const { status, body } = await call('POST', '/v1/automations/test', { automation, events: [sent] });
  if (status !== 200) return String(body.field).startsWith('automation.trigger.filter') ? 'refused' : body;
  return body.fired.length > 0 ? 'match' : 'no match';
});
