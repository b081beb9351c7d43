import { showsCanary } from '../prove/canary-finder.ts';
import { huntCanaries } from '../prove/canary-hunt.ts';

const core = 'CNRY0123456789ab';
const json = (text: string) => JSON.stringify(text).slice(1, -1);

describe('the finder sees a canary', () => {
  test.each([
    ['as it is', core],
    ['in part', 'CNRY012'],
    ['in JSON in JSON', json(json(`"${core}"`))],
    ['in JSON escapes', `\\u0043NRY0123`],
    ['in a URL', `%43NRY0123`],
    ['in HTML', `&#67;NRY0123`],
    ['in hex', Buffer.from(core).toString('hex')],
    ['in hex behind a digit', `a${Buffer.from(core).toString('hex')}`],
    ...[0, 1, 2, 3].map((before): [string, string] => [
      `in base64 behind ${before}`,
      Buffer.from('x'.repeat(before) + core).toString('base64'),
    ]),
    ['in base64url', Buffer.from(`??>>${core}`).toString('base64url')],
    ['in base64 in JSON', JSON.stringify({ a: Buffer.from(`"${core}"`).toString('base64') })],
    ['in a URL in base64', Buffer.from(encodeURIComponent(core)).toString('base64')],
  ])('%s', (_name, text) => {
    expect(showsCanary(`before ${text} after`)).toBe(true);
  });

  test('and none where there is none', () => {
    expect(showsCanary('a *** in {"place":"of***it"} Q05SW')).toBe(false);
  });
});

// The whole of it, 2,000 templates: npm run prove:canary.
test('of 150 templates with canaries in every slot, nothing that is kept shows one', async () => {
  const report = await huntCanaries(150, 7_000);
  expect(report.leaks).toEqual([]);
  expect(report.carrying).toBeGreaterThan(75);
});
