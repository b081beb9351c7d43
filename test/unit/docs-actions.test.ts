import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Action, templateOf } from '../../core/action.ts';
import { AuthHeaderName, CustomHeaders } from '../../core/header-name.ts';
import { IntegrationInput } from '../../core/integration.ts';
import type { JsonValue } from '../../core/json.ts';
import { renderTemplate } from '../../core/template.ts';
import { parseTemplate } from '../../core/template-check.ts';
import { isTemplateVariable, templateVariableNames } from '../../core/template-variables.ts';
import { bareFirings, firings, largeFacts } from '../support/firings.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/actions.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\S+) (\S+)\n(.*?)^```$/gms)].map(
  ([, language, kind = '', text = '']) => ({
    language,
    kind,
    value: JSON.parse(text) as JsonValue,
  }),
);
const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind).map(({ value }) => value);
const known = { known: isTemplateVariable, names: templateVariableNames };
const webhook = (payload: JsonValue) => ({ type: 'webhook', integration: 'int_1', payload }) as const;

test('docs/actions.md has its examples, and no block that nobody runs', () => {
  expect(ofKind('action').length).toBeGreaterThanOrEqual(2);
  expect(ofKind('integration').length).toBeGreaterThanOrEqual(4);
  expect(ofKind('template').length).toBe(ofKind('rendered').length);
  expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
});

test.each(ofKind('action'))('the action %j can be saved', (value) => {
  const action = Action.parse(value);
  expect(parseTemplate(templateOf(action), { ...known, areTexts: action.type === 'slack' })).toHaveProperty(
    'template',
  );
});

test.each(ofKind('integration'))('the integration %j can be made', (value) => {
  expect(IntegrationInput.parse(value)).toMatchObject(value as object);
});

test('templates are rendered as the page shows', () => {
  for (const [at, template] of ofKind('template').entries()) {
    expect(parseTemplate(template, known)).toHaveProperty('template');
    const facts = firings['artifact.alias_added']!(webhook(template));
    expect(JSON.parse(renderTemplate(template, (name) => facts[name]))).toEqual(ofKind('rendered')[at]);
  }
});

const refused = [...page.matchAll(/^\| `(["{].*)` \| `(.*)` \|$/gm)].map(([, text = '', problem = '']) => ({
  payload: JSON.parse(text) as JsonValue,
  problem,
}));

test.each(refused)('$payload is refused with $problem', ({ payload, problem }) => {
  expect(parseTemplate(payload, known)).toMatchObject({ problems: [{ message: problem }] });
});

test('the page shows refused templates', () => {
  expect(refused.length).toBeGreaterThanOrEqual(6);
});

const columns: Record<string, string[]> = {
  version: ['artifact.created', 'artifact.linked', 'artifact.unlinked'],
  alias: ['artifact.alias_added', 'artifact.alias_removed'],
  tag: ['artifact.tag_added', 'artifact.tag_removed'],
  'collection tag': ['collection.tag_added', 'collection.tag_removed'],
  metric: ['threshold', 'change', 'zscore', 'not_finite'],
  state: ['run.state'],
  custom: ['custom.nightly', 'custom.released'],
};
const rows = [...page.matchAll(/^\| `([a-z_]+)` \|((?: [●○]? *\|){7}) /gm)].map(
  ([, variable = '', cells = '']) => ({
    variable,
    marks: cells
      .split('|')
      .slice(0, 7)
      .map((cell) => cell.trim()),
  }),
);

describe('the table of variables', () => {
  test('has every variable once, and every kind of firing in a column', () => {
    expect(rows.map(({ variable }) => variable).sort()).toEqual([...templateVariableNames].sort());
    expect(Object.values(columns).flat().sort()).toEqual(Object.keys(firings).sort());
    const [, header = ''] = /^\| variable \|(.*)\| is \|$/m.exec(page) ?? [];
    expect(
      header
        .split('|')
        .slice(0, 7)
        .map((cell) => cell.trim()),
    ).toEqual(Object.keys(columns));
  });

  const cells = rows.flatMap(({ variable, marks }) =>
    Object.entries(columns).map(([column, kinds], at) => [variable, column, marks[at] ?? '', kinds] as const),
  );
  test.each(cells)('%s of %s is as marked: %j', (variable, _column, mark, kinds) => {
    const template = `\${${variable}:json}`;
    const given = (all: typeof firings) => kinds.map((kind) => variable in all[kind]!(webhook(template)));
    const [full, least] = [given(firings), given(bareFirings)];
    if (mark === '●') expect([...full, ...least]).not.toContain(false);
    else if (mark === '') expect([...full, ...least]).not.toContain(true);
    else expect([full.includes(true), least.includes(false) || full.includes(false)]).toEqual([true, true]);
  });

  test.each(Object.keys(firings))(
    'every variable of %s is rendered, and those that do not apply are empty',
    (kind) => {
      const template = Object.fromEntries(
        templateVariableNames.map((name) => [name, [`\${${name}}`, `\${${name}:json}`]]),
      );
      const facts = firings[kind]!(webhook(template));
      const rendered = JSON.parse(renderTemplate(template, (name) => facts[name]));
      for (const name of templateVariableNames) {
        const value = name in facts ? facts[name] : '';
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        expect([name, rendered[name]]).toEqual([name, [text, value]]);
      }
    },
  );
});

test('values at paths take 32 KiB together, and what does not fit says so', () => {
  const payload = [
    '${artifact_metadata}',
    '${artifact_metadata.eval}',
    '${artifact_metadata.big}',
    '${artifact_metadata.eval.accuracy}',
  ];
  expect(largeFacts(webhook(payload))).toMatchObject({
    artifact_metadata: '[too large]',
    'artifact_metadata.eval': { accuracy: 0.97 },
    'artifact_metadata.big': '[too large]',
    'artifact_metadata.eval.accuracy': 0.97,
  });
  const halves = largeFacts(webhook(['${artifact_metadata.half}', '${artifact_metadata.other_half}']));
  expect(halves['artifact_metadata.half']).toHaveLength(20_000);
  expect(halves['artifact_metadata.other_half']).toBe('[too large]');
});

describe('headers', () => {
  const listed = (heading: RegExp) =>
    [...(heading.exec(page)?.[0] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name);
  const allowed = listed(/Names that begin with[\s\S]*?`authorization` only/).filter(
    (name) => name !== 'authorization' && name !== 'x-',
  );
  const refusedNames = [...page.matchAll(/^\| ((?:`[a-z…-]+`(?:, )?)+) \| .*\|$/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z…-]+)`/g)])
    .map(([, name = '']) => name.replace('…', 'anything'))
    .filter((name) => name.includes('-') || name.length > 1);

  test.each(allowed)('%s can be set', (name) => {
    expect(CustomHeaders.safeParse({ [name]: 'x' }).success).toBe(true);
    expect(AuthHeaderName.safeParse(name).success).toBe(true);
  });

  // The table of the request's own headers has the same form, and none of them can be set either.
  test.each([
    ...new Set([...refusedNames, 'authorization', 'cookie', 'set-cookie', 'x', 'x-wandb-signature']),
  ])('%s can not', (name) => {
    if (['url', 'method', 'headers', 'secrets', 'alias', 'tag', 'time', 'step', 'data'].includes(name))
      return;
    expect(CustomHeaders.safeParse({ [name]: 'x' }).success).toBe(false);
  });

  test('the page lists what it must', () => {
    expect(allowed.length).toBeGreaterThanOrEqual(14);
    expect(refusedNames).toEqual(
      expect.arrayContaining(['host', 'x-forwarded-anything', 'metadata', 'webhook-anything']),
    );
  });
});
