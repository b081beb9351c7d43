import { readFileSync } from 'node:fs';
import { isAllowedAddress, judgeUrl, parseAllowedRanges } from '../../core/address.ts';
import { forbiddenRanges } from '../prove/addresses-ranges.ts';

const text = readFileSync('docs/addresses.md', 'utf8');

const examples = [...text.matchAll(/^```judge(?: allowed=(\S+))?\n(.*?)^```$/gms)].flatMap(
  ([, allowed = '', lines = '']) =>
    lines
      .trim()
      .split('\n')
      .map((line) => /^(ok|refused) +(\S.*)$/.exec(line) ?? ['', `unreadable: ${line}`])
      .map(([, verdict = '', url = '']) => [verdict, url, allowed] as const),
);

const section = (title: string) => text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const rangesIn = (title: string) =>
  [...section(title).matchAll(/^\|([^|]+)\|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
    .map(([, range = '']) => range);

describe('docs/addresses.md', () => {
  test('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(45);
  });

  test.each(examples)('%s: %s, with the list "%s"', (verdict, url, allowed) => {
    const isRefused = 'problem' in judgeUrl(url, parseAllowedRanges(allowed));
    expect(isRefused ? 'refused' : 'ok').toBe(verdict);
  });

  test('its table of IPv4 is the one that the corpus judges by', () => {
    const rows = [...section('IPv4 that is not public').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
    expect(rows.map(([, range, reason]) => [range, reason])).toEqual(forbiddenRanges);
  });

  test('its table of what no list opens is the one in the code', () => {
    const source = readFileSync('core/address.ts', 'utf8');
    const arrays = [...source.matchAll(/^const (?:NEVER|CARRIERS_OF_IPV4): AllowedRanges = \[(.*?)\]/gms)];
    const inCode = arrays
      .flatMap(([, body = '']) => [...body.matchAll(/'([^']+)'/g)])
      .map(([, range]) => range);
    expect(
      rangesIn('What no list opens')
        .filter((range) => range !== '::')
        .sort(),
    ).toEqual(inCode.sort());
  });

  test.each(rangesIn('What no list opens'))('no list opens the first address of %s', (range) => {
    const [first = ''] = range.split('/');
    expect(isAllowedAddress(first, parseAllowedRanges('0.0.0.0/0,::/0'))).toBe(false);
  });
});
