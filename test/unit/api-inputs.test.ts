// What the schemas of the API refuse beyond types, and under which field the caller reads it.
import * as z from 'zod';
import { Cursor, toCursor } from '../../core/api/fields.ts';
import { type RouteName, routes } from '../../core/api/routes.ts';
import { detailsOfZod } from '../../core/problem.ts';
import { aDefinition } from '../support/builders.ts';

/** The field at fault, or what the route takes. */
function taken(name: RouteName, part: 'body' | 'query', input: unknown): unknown {
  const schema = (routes[name] as { body?: z.ZodType; query?: z.ZodType })[part] as z.ZodType;
  const result = schema.safeParse(input);
  return result.success ? result.data : `${detailsOfZod(result.error).field}!`;
}

const text = (length: number) => 'x'.repeat(length);
const key = { name: 'ci', role: 'sender', team: 'vision' };
const automation = { ...aDefinition(), enabled: true };
const NOON = '2026-11-23T12:00:00Z';

test.each<[RouteName, unknown, string]>([
  ['putSecret', { value: text(7) }, 'value!'],
  ['putSecret', { value: text(32_769) }, 'value!'],
  ['putSecret', { value: 'ä'.repeat(16_385) }, 'value!'],
  ['createRegistry', { name: 'wandb-registry-models' }, 'name!'],
  ['createRegistry', { name: 'models', description: '\ud800' }, 'description!'],
  ['createRegistry', { name: 'models', description: text(2_001) }, 'description!'],
  ['createKey', { ...key, team: undefined }, 'team!'],
  ['createKey', { ...key, role: 'org_admin' }, 'team!'],
  ['createKey', { ...key, role: 'member', projects: ['mnist'] }, 'projects!'],
  ['createKey', { ...key, role: 'member', event_types: ['run.*'] }, 'event_types!'],
  ['createKey', { ...key, registries: [] }, 'registries!'],
  ['createKey', { ...key, projects: ['mnist', 'wandb-registry-models'] }, 'projects.1!'],
  ['createKey', { ...key, registries: ['models', 'wandb-registry-models'] }, 'registries.1!'],
  ['createKey', { ...key, event_types: ['run.nothing'] }, 'event_types.0!'],
  ['createKey', { ...key, registries: Array.from({ length: 50 }, (_, at) => text(126) + at) }, 'registries!'],
  ['createKey', { ...key, expires_at: 'tomorrow' }, 'expires_at!'],
  ['testAutomation', { events: [{}] }, 'automation!'],
  ['testAutomation', { events: [{}], automation, automation_id: 'aut_1' }, 'automation!'],
  ['testAutomation', { events: [], automation_id: 'aut_1' }, 'events!'],
  ['createResend', { from: NOON, to: '2026-11-23T11:59:59Z' }, 'to!'],
  ['createResend', { from: '2026-11-23' }, 'from!'],
  ['createResend', { from: NOON, statuses: [] }, 'statuses!'],
])('%s refuses %j', (name, body, field) => {
  expect(taken(name, 'body', body)).toBe(field);
});

test.each<[RouteName, unknown, object]>([
  ['putSecret', { value: text(8) }, { value: text(8) }],
  ['putSecret', { value: text(32_768) }, { value: text(32_768) }],
  ['createRegistry', { name: 'models' }, { name: 'models', description: '' }],
  ['createTeam', { name: 'vision' }, { name: 'vision', description: '' }],
  ['createKey', key, key],
  ['createKey', { name: 'root', role: 'org_admin' }, { name: 'root', role: 'org_admin' }],
  ['createKey', { ...key, projects: ['a'], event_types: ['run.*', 'custom.x'] }, { projects: ['a'] }],
  ['testAutomation', { events: [{}], automation_id: 'aut_1' }, { automation_id: 'aut_1' }],
  ['testAutomation', { events: [{}], automation }, { events: [{}] }],
  ['createResend', { from: NOON }, { from: Date.UTC(2026, 10, 23, 12), statuses: ['failed'] }],
  ['createResend', { from: NOON, to: NOON }, { to: Date.UTC(2026, 10, 23, 12) }],
  ['createResend', { from: '2026-11-23t14:00:00+0200' }, { from: Date.UTC(2026, 10, 23, 12) }],
])('%s takes %j', (name, body, expected) => {
  expect(taken(name, 'body', body)).toMatchObject(expected);
});

test.each<[RouteName, unknown, unknown]>([
  ['listDeliveries', {}, 'team!'],
  ['listDeliveries', { team: 'vision', automation: 'aut_1' }, 'team!'],
  ['listDeliveries', { team: 'vision', from: NOON, to: '2026-11-23T11:00:00Z' }, 'to!'],
  ['listDeliveries', { team: 'vision', after: toCursor('dlv_1') }, 'after!'],
  ['listDeliveries', { team: 'vision', after: toCursor('12-dlv 1') }, 'after!'],
  [
    'listDeliveries',
    { automation: 'aut_1', after: toCursor('12-dlv_1') },
    { automation: 'aut_1', limit: 25, after: '12-dlv_1' },
  ],
  ['listAudit', { after: toCursor('dlv_1') }, 'after!'],
  [
    'listAudit',
    { after: toCursor('2026-11-23T12:00:00.000Z#chg_1') },
    { limit: 25, after: '2026-11-23T12:00:00.000Z#chg_1' },
  ],
  ['listTeams', { limit: '101' }, 'limit!'],
  ['listTeams', { limit: '0' }, 'limit!'],
  ['listTeams', { limit: '100' }, { limit: 100 }],
  ['deleteIntegration', {}, { force: 'false' }],
])('%s and the query %j', (name, query, expected) => {
  expect(taken(name, 'query', query)).toEqual(expected);
});

test.each(['', 'a b', 'YQ==', text(801), Buffer.from([0xff]).toString('base64url'), 'YR'])(
  'nobody makes a cursor such as %j',
  (cursor) => {
    expect(z.safeParse(Cursor, cursor).success).toBe(false);
  },
);

test('a cursor is read as it was written', () => {
  expect(Cursor.parse(toCursor('2026#ä'))).toBe('2026#ä');
});
