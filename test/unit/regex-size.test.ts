import { unfoldedSize } from '../../core/filters/regex-size.ts';

test.each([
  ['nothing', '', 0],
  ['characters', 'abc', 3],
  ['an escape is one', String.raw`\d\.`, 2],
  ['a class of Unicode is one', String.raw`\p{Greek}\x{263a}`, 2],
  ['a class is one, whatever it holds', '[a-z0-9_]', 1],
  ['a bracket may be in a class', String.raw`[]a][^]b][\]c]`, 3],
  ['a named class may be in a class', '[[:alpha:]_]x', 2],
  ['alternatives and open repetitions add nothing', 'a|b*c+d?', 4],
  ['flags add nothing', '(?i)a(?-i)', 1],
  ['a group is what it holds', '(ab)(?:cd)(?<name>ef)(?P<name>gh)(?i:jk)', 10],
  ['a counted repetition is written out', 'a{3}', 3],
  ['of a range the larger count is written out', 'a{2,5}', 5],
  ['of a range without an end the least is written out', 'a{4,}', 4],
  ['no times is still what stands there', 'a{0}', 1],
  ['only the last character is repeated', 'ab{3}', 4],
  ['a group is repeated as a whole', 'x(ab){3}y', 8],
  ['a group in a group is repeated as often as both say', '((ab){3}c){10}', 70],
  ['a repetition of a repetition is both', 'a{2}{3}', 6],
  ['quoted text is taken letter by letter', String.raw`\Qa{9}\Eb`, 5],
  ['quoted text may have no end', String.raw`\Qa{9}`, 4],
  ['only the last letter of quoted text is repeated', String.raw`\Qab\E{3}`, 4],
  ['a count of a thousand is written out', 'a{1000}', 1_000],
  ['a count that the parser refuses is not', 'a{1001}', 1],
  ['a bracket that closes nothing changes nothing', 'a)b', 2],
  ['a group that is left open counts as well', 'a(bc', 3],
  ['a line break is a character', 'a\nb', 3],
])('the size of a pattern: %s', (_, pattern, size) => {
  expect(unfoldedSize(pattern)).toBe(size);
});
