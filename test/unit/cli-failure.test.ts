import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, Refusal } from '../../cli/connection.ts';
import { failureOf } from '../../cli/failure.ts';
import { plain, plainLines } from '../../cli/terminal/plain-text.ts';
import { badUsage, Trouble } from '../../cli/trouble.ts';

const refusal = (problem: object, status = 422) =>
  failureOf(new Refusal(status, { code: 'invalid_input', detail: 'is wrong', ...problem }));

test.each([
  [
    'a trouble',
    failureOf(new Trouble('it is broken', { hint: 'mend it' })),
    ['error: it is broken', 'hint: mend it'],
    1,
  ],
  ['a wrong use', failureOf(badUsage('no team is named')), ['error: no team is named'], 2],
  [
    'a refusal',
    refusal({ field: 'name', hint: 'choose another' }),
    ['error: name: is wrong (422 invalid_input)', 'hint: choose another'],
    1,
  ],
  [
    'a refusal that names its field',
    refusal({ field: 'to', detail: 'to is before from' }),
    ['error: to is before from (422 invalid_input)'],
    1,
  ],
  [
    'a general hint',
    refusal({ field: 'name', hint: 'correct name and send the request again' }),
    ['error: name: is wrong (422 invalid_input)'],
    1,
  ],
])('%s is said in lines', (_, { lines, exitCode }, expected, code) => {
  expect({ lines, exitCode }).toEqual({ lines: expected, exitCode: code });
});

test.each([
  [
    'make it with POST /v1/teams, or check the spelling',
    'make it with signalbox teams create, or check the spelling',
  ],
  [
    'set it first: PUT /v1/teams/vision/secrets/<name>',
    'set it first: signalbox secrets set <name> --team vision',
  ],
  [
    'take them out; with ?force=true their deliveries fail',
    'take them out; with --force their deliveries fail',
  ],
  [
    'see GET /v1/registries; an org_admin makes one with POST /v1/registries',
    'see signalbox registries list; an org_admin makes one with signalbox registries create',
  ],
  ['see GET /v1/registries/my models', 'see signalbox registries list models'],
  ['GET /v1/openapi.json lists what there is', 'signalbox --help lists what there is'],
])('the hint %j names commands', (hint, inCommands) => {
  expect(refusal({ hint }).lines[1]).toBe(`hint: ${inCommands}`);
});

test('what the server says steers no terminal', () => {
  expect(refusal({ detail: '\u001b[2Jgone\u0007' }).lines[0]).toBe(
    'error: \\u001b[2Jgone\\u0007 (422 invalid_input)',
  );
});

test.each([
  ['a\u001b[31mb', 'a\\u001b[31mb'],
  ['two\nlines\tand a tab\r', 'two\\nlines\\tand a tab\\r'],
  ['turned \u202eround\u2069', 'turned \\u202eround\\u2069'],
  ['日本語 and 🔥 stay', '日本語 and 🔥 stay'],
  ['\u009b8-bit', '\\u009b8-bit'],
])('%j is shown as %j', (text, shown) => {
  expect(plain(text)).toBe(shown);
});

test('a text of several lines keeps them', () => {
  expect(plainLines('a\n\tb\u001b')).toBe('a\n  b\\u001b');
});

test.each([
  [
    'no address',
    'signalbox.example.com',
    'SIGNALBOX_URL is not an http or https address: signalbox.example.com',
  ],
  ['a path of the API', 'https://signalbox.example.com/v1/', 'SIGNALBOX_URL ends with /v1: leave that out'],
])('%s is refused before it is called', (_, url, message) => {
  expect(() => connect({ SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'sbx_1' })).toThrow(message);
});

test('https to what speaks http is said in words', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { call } = connect({ SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'sbx_1' });
    await expect(call('listTeams', { query: {} })).rejects.toThrow(
      `${url} can not be reached: nothing there speaks https`,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
