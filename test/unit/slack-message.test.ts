import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SlackAction } from '../../core/action.ts';
import type { Facts } from '../../core/delivery.ts';
import { headlineOf } from '../../core/slack-headline.ts';
import { slackMessage } from '../../core/slack-message.ts';
import { escapeMrkdwn, link, oneLine } from '../../core/slack-text.ts';
import { firings } from '../support/firings.ts';

const folder = join(import.meta.dirname, '../golden/slack');
const action = (change: Partial<SlackAction> = {}): SlackAction => ({
  type: 'slack',
  integration: 'int_1',
  title: '',
  message: '',
  severity: 'INFO',
  ...change,
});

const goldens: Record<string, { firing: string; action: SlackAction }> = {
  'version-created': { firing: 'artifact.created', action: action() },
  'version-linked': {
    firing: 'artifact.linked',
    action: action({
      title: 'Model ${artifact_version} is a candidate',
      message: 'Accuracy ${artifact_metadata.eval.accuracy}.\n*Please review* before Friday.',
    }),
  },
  'version-unlinked': { firing: 'artifact.unlinked', action: action({ severity: 'WARN' }) },
  'alias-added': { firing: 'artifact.alias_added', action: action() },
  'alias-removed': { firing: 'artifact.alias_removed', action: action() },
  'tag-added': { firing: 'artifact.tag_added', action: action() },
  'tag-removed': { firing: 'artifact.tag_removed', action: action() },
  'collection-tag-added': { firing: 'collection.tag_added', action: action() },
  'collection-tag-removed': { firing: 'collection.tag_removed', action: action() },
  'metric-threshold': { firing: 'threshold', action: action({ severity: 'WARN' }) },
  'metric-change': { firing: 'change', action: action({ severity: 'ERROR', title: 'Loss goes up' }) },
  'metric-zscore': { firing: 'zscore', action: action({ severity: 'WARN' }) },
  'metric-not-finite': {
    firing: 'not_finite',
    action: action({ severity: 'ERROR', message: '${run_name} diverged at step ${step}.' }),
  },
  'run-state': {
    firing: 'run.state',
    action: action({
      severity: 'ERROR',
      title: '${run_name} ${run_status}',
      message: 'lr ${run_config.optimizer.lr}',
    }),
  },
  'custom-in-registry': { firing: 'custom.released', action: action({ title: 'Released ${data}' }) },
  custom: { firing: 'custom.nightly', action: action({ message: 'Took ${data.minutes} minutes: ${data}' }) },
};

describe('a Slack message', () => {
  // UPDATE_GOLDEN=1 writes them anew; read what changed.
  test.each(Object.entries(goldens))('%s is as in its golden example', (name, golden) => {
    const facts = firings[golden.firing]!(golden.action);
    const file = join(folder, `${name}.json`);
    const message = slackMessage(golden.action, facts);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, `${JSON.stringify(message, null, 2)}\n`);
    expect(existsSync(file)).toBe(true);
    expect(message).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  test('has a golden example for every kind of trigger, and no example is left over', () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(goldens)
        .map((name) => `${name}.json`)
        .sort(),
    );
    expect(new Set(Object.values(goldens).map(({ firing }) => firing))).toEqual(
      new Set(Object.keys(firings)),
    );
  });

  test('says of an event type that it does not know no more than its name', () => {
    expect(headlineOf({ event_type: 'constructor' })).toBe('Event constructor');
    expect(headlineOf({})).toBe('Event ');
  });

  test('says what it is told where it is no single firing', () => {
    const { text } = slackMessage(action(), { event_type: 'RUN_STATE' }, '12 more <firings>');
    expect(text).toBe('12 more &lt;firings&gt;');
  });

  test('has no line and no link that only a value made', () => {
    const facts: Facts = {
      event_type: 'RUN_STATE',
      automation_name: 'a',
      run_name: 'calm\n*By*\nthe CEO',
      run_status: 'FAILED',
      run_url: 'javascript:alert(1)',
    };
    const text = JSON.stringify(slackMessage(action({ message: 'run ${run_name}' }), facts));
    expect(text).toContain('run calm *By* the CEO');
    expect(text).not.toContain('\\n*By*\\nthe');
    expect(text).not.toContain('javascript');
  });

  test('never splits its link', () => {
    const facts: Facts = {
      event_type: 'RUN_STATE',
      run_name: 'a|b>c<d',
      run_url: 'https://example.com/runs?a=1&b=<!channel>|x',
    };
    const { attachments } = slackMessage(action(), facts);
    expect(JSON.stringify(attachments)).toContain(
      '<https://example.com/runs?a=1&amp;b=%3C!channel%3E%7Cx|Open the run a|b&gt;c&lt;d>',
    );
  });
});

test.each([
  [[1], undefined],
  [[1, 2], '*Newest values*\n1, 2'],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], '*Newest values*\n1, 2, 3, 4, 5, 6, 7, 8, 9, 10'],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], '*Newest values*\n…, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11'],
])('of a window of %j a message shows %j', (metric_values, shown) => {
  const { attachments } = slackMessage(action(), { event_type: 'RUN_METRIC', metric_values });
  const fields = (attachments[0]!.blocks as AnyBlock[]).flatMap((block) => block.fields ?? []);
  expect(fields.map(({ text }) => text)).toEqual(shown === undefined ? [] : [shown]);
});

test('a message has no part that is empty, and the user’s words without what is blank around them', () => {
  const { attachments } = slackMessage(action({ message: '\n Look \n at it\n' }), { event_type: 'TEST' });
  const [, , own, ...rest] = attachments[0]!.blocks as AnyBlock[];
  expect(own?.text?.text).toBe('Look \n at it');
  expect(rest.map(({ type }) => type)).toEqual(['context']);
});

test.each([
  ['exactly as long as it may be', 'abcdef', 6, 'abcdef'],
  ['longer', 'abcdefg', 6, 'abcde…'],
  ['of entities that fit', '&&', 10, '&amp;&amp;'],
  ['of entities that do not', 'a&&', 10, 'a&amp;…'],
  ['whose entity would be cut', '&&&', 9, '&amp;…'],
  ['with what would bell, or turn the text', 'a\u0007b\u202ec', 9, 'abc'],
  ['with lines and tabs', 'a\n\tb', 9, 'a\n\tb'],
])('a text %s: %j in %d characters', (_, text, limit, shown) => {
  expect(escapeMrkdwn(text, limit)).toBe(shown);
});

test('a line is one, whatever stands between its words', () => {
  expect(oneLine(' a \n\t b\u00a0\r\n')).toBe('a b');
});

test.each([
  ['http://a.example/x', '<http://a.example/x|x>'],
  ['ftp://a.example/x', undefined],
  ['no URL', undefined],
])('a link to %s is %s', (url, expected) => {
  expect(link(url, 'x')).toBe(expected);
});

test('a link takes addresses of 2,500 characters and texts of 200, as Slack counts them', () => {
  const address = (length: number) => 'https://a.example/'.padEnd(length, 'x');
  expect(link(address(2_500), 'x')).toBe(`<${address(2_500)}|x>`);
  expect(link(address(2_501), 'x')).toBeUndefined();
  expect(link(`${address(2_496)}&`, 'x')).toBeUndefined();
  expect(link('https://a.example/', 'x'.repeat(200))).toBe(`<https://a.example/|${'x'.repeat(200)}>`);
  expect(link('https://a.example/', 'x'.repeat(201))).toMatch(/\|x{199}…>$/);
});

/** What Slack would read as a link, a mention or a command. */
const controls = (text: string) => [...text.matchAll(/<([^>]*)>/g)].map(([, inner]) => inner ?? '');

interface AnyBlock {
  type: string;
  text?: { type: string; text: string; verbatim?: boolean };
  fields?: { text: string; verbatim: boolean }[];
  elements?: { text: string; verbatim: boolean }[];
}

describe('whatever stands in a firing and in the user’s texts', () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      '<!channel>',
      '<@U123>',
      '<!here|x>',
      '&lt;!channel&gt;',
      '@channel',
      '<#C1>',
      '<https://evil|ok>',
      '\u202e',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('&', '<', '>', '\n', '🚀', 'x'), maxLength: 4000, size: 'max' }),
  );
  const text = fc.array(nasty, { maxLength: 4 }).map((parts) => parts.join(''));
  const names = Object.keys(firings['threshold']!(action()));

  test('nobody is mentioned, nothing is a link but ours, and Slack’s limits are kept', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(firings)),
        fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 12 }),
        text.map((t) => t.slice(0, 500)),
        text.map((t) => t.slice(0, 3000)),
        (firing, changes, title, message) => {
          const used = action({
            title: `${title}\${run_name}`,
            message: `\${alias}${message}\${metric_name}`,
          });
          const facts = {
            ...firings[firing]!(used),
            ...changes,
            event_type: firings[firing]!(used)['event_type']!,
          };
          const sent = slackMessage(used, facts);
          const blocks = sent.attachments.flatMap((one) => one.blocks) as AnyBlock[];
          expect(controls(sent.text)).toEqual([]);
          expect(sent.text.length).toBeLessThanOrEqual(3000);
          expect(blocks.length).toBeLessThanOrEqual(50);
          for (const block of blocks) checkBlock(block);
          expect(Buffer.from(JSON.stringify(sent)).toString()).toBe(JSON.stringify(sent));
        },
      ),
      { numRuns: 400 },
    );
  });

  function checkBlock({ type, text: own, fields = [], elements = [] }: AnyBlock): void {
    if (type === 'header') {
      expect(own!.type).toBe('plain_text');
      expect(own!.text.length).toBeLessThanOrEqual(150);
      expect(own!.text).toMatch(/[^\p{C}\p{Z}]/u);
      return;
    }
    expect(fields.length).toBeLessThanOrEqual(10);
    for (const one of fields) expect(one.text.length).toBeLessThanOrEqual(2000);
    for (const one of [own, ...fields, ...elements]) if (one) checkText(one);
  }

  function checkText({ text: shown, verbatim }: { text: string; verbatim?: boolean }): void {
    expect(shown).toMatch(/[^\p{C}\p{Z}]/u);
    expect(shown.length).toBeLessThanOrEqual(3000);
    expect(verbatim).toBe(true);
    for (const inner of controls(shown)) expect(inner).toMatch(/^https?:\/\/[^|]+\|/);
  }
});
