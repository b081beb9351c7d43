import type * as z from 'zod';
import { deliveryRoutes } from '../../core/api/deliveries.ts';
import { toCursor } from '../../core/api/fields.ts';

const list = deliveryRoutes.listDeliveries.query;
const attempts = deliveryRoutes.readDelivery.query;
const resend = deliveryRoutes.createResend.body;

/** Where the first complaint is; nothing where the query is taken. */
const refusedAt = (schema: z.ZodType, query: object) =>
  schema.safeParse(query).error?.issues[0]?.path.join('.');

test.each([
  ['of a team', { team: 'vision' }],
  ['of an automation', { automation: 'aut_1' }],
  [
    'of a run, a collection, a status and an integration',
    { team: 'vision', run: 'r', collection: 'c', status: 'failed', integration: 'int_1' },
  ],
  ['of a moment', { team: 'vision', from: '2026-11-23T12:00:00Z', to: '2026-11-23T12:00:00Z' }],
  ['from a time on', { team: 'vision', from: '2026-11-23T12:00:00+01:00' }],
  ['up to a time', { team: 'vision', to: '2026-11-23T12:00:00Z' }],
  ['after a page', { team: 'vision', after: toCursor('1700000000000-dlv_1') }],
])('deliveries %s can be listed', (_, query) => {
  expect(refusedAt(list, query)).toBeUndefined();
});

test.each([
  ['neither team nor automation', {}, 'team'],
  ['both team and automation', { team: 'vision', automation: 'aut_1' }, 'team'],
  ['an empty run', { team: 'vision', run: '' }, 'run'],
  ['an endless run', { team: 'vision', run: 'r'.repeat(513) }, 'run'],
  ['an empty collection', { team: 'vision', collection: '' }, 'collection'],
  ['an endless collection', { team: 'vision', collection: 'r'.repeat(513) }, 'collection'],
  ['a status that is none', { team: 'vision', status: 'lost' }, 'status'],
  ['a time without a zone', { team: 'vision', from: '2026-11-23T12:00:00' }, 'from'],
  [
    'a range that ends before it begins',
    { team: 'vision', from: '2026-11-23T12:00:01Z', to: '2026-11-23T12:00:00Z' },
    'to',
  ],
  ['a page that is none', { team: 'vision', after: 'next' }, 'after'],
  ['a page with something before it', { team: 'vision', after: toCursor('x1-a') }, 'after'],
  ['a page with something behind it', { team: 'vision', after: toCursor('1-a!') }, 'after'],
  ['a field that is not known', { team: 'vision', runs: 'r' }, ''],
])('a list with %s is refused', (_, query, path) => {
  expect(refusedAt(list, query)).toBe(path);
});

test('a time with a zone is the same moment as in UTC', () => {
  const parsed = list.parse({ team: 'vision', from: '2026-11-23T12:00:00+01:00' });
  expect(parsed.from).toBe(Date.UTC(2026, 10, 23, 11));
});

test.each([
  ['1', 1],
  ['9999', 9_999],
])('attempts before number %s can be asked for', (before, number) => {
  expect(attempts.parse({ before })).toEqual({ before: number });
});

test.each(['0', '10000', '1.5', 'x'])('attempts before number %s are refused', (before) => {
  expect(refusedAt(attempts, { before })).toBe('before');
});

const from = '2026-11-23T12:00:00Z';

test('what failed is sent again, unless other statuses are named', () => {
  expect(resend.parse({ from })).toEqual({ from: Date.parse(from), statuses: ['failed'] });
  expect(resend.parse({ from, statuses: ['delivered', 'failed', 'skipped'] }).statuses).toHaveLength(3);
});

test.each([
  ['no time', {}, 'from'],
  ['no status', { from, statuses: [] }, 'statuses'],
  ['a status four times', { from, statuses: ['failed', 'failed', 'failed', 'failed'] }, 'statuses'],
  ['what has not ended', { from, statuses: ['pending'] }, 'statuses.0'],
  ['a range that ends before it begins', { from, to: '2026-11-23T11:59:59Z' }, 'to'],
])('a resend of %s is refused', (_, body, path) => {
  expect(refusedAt(resend, body)).toBe(path);
});
