import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { carryOut, integrationKey } from '../../cli/configuration/carry-out.ts';
import { checkSources } from '../../cli/configuration/check-documents.ts';
import {
  automationDocument,
  type DeployedTeam,
  integrationDocument,
} from '../../cli/configuration/deployed.ts';
import { differences } from '../../cli/configuration/differences.ts';
import { checkDocument, type Wanted, type WantedAutomation } from '../../cli/configuration/document.ts';
import { exportedDocuments, withoutDefaults, yamlOf } from '../../cli/configuration/exported.ts';
import { planOf, problemsOf, type Step } from '../../cli/configuration/plan.ts';
import { configurationSchema } from '../../cli/configuration/schema.ts';
import { readSources } from '../../cli/configuration/sources.ts';
import { type Connection, Refusal } from '../../cli/connection.ts';
import { draftAutomation, teamOf } from '../oracle/random-automations.ts';
import { aDefinition } from '../support/builders.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
const validate = ajv.compile(configurationSchema());

const webhook = `kind: integration
team: vision
name: receiver
type: webhook
url: https://example.com/hook
`;
const lossIsLow = `kind: automation
team: vision
name: loss is low
scope: {kind: project, project: mnist}
trigger:
  event: run.metrics
  threshold: {metric: loss, aggregate: average, window: 5, comparison: <, value: 0.25}
action:
  type: webhook
  integration: receiver
  payload: {run: "\${run_name}"}
`;

const linked = `kind: automation
team: vision
name: linked
scope: {kind: registry, registry: models}
trigger: {event: artifact.linked}
action: {type: no_op}
`;

const documentsIn = (text: string) => {
  const { documents, problems } = checkSources([{ name: 'file.yaml', text }]);
  expect(problems).toEqual([]);
  return documents;
};
const wantedIn = (text: string) => documentsIn(text).map(({ wanted }) => wanted);
const problemsIn = (text: string) => checkSources([{ name: 'file.yaml', text }]).problems;

describe('documents', () => {
  test('are read from YAML, many in a file, and from JSON, as one or as a list', () => {
    const fromYaml = wantedIn(`${webhook}---\n---\n${lossIsLow}`);
    expect(fromYaml.map(({ kind, name }) => [kind, name])).toEqual([
      ['integration', 'receiver'],
      ['automation', 'loss is low'],
    ]);
    expect(wantedIn(JSON.stringify(fromYaml))).toEqual(fromYaml);
    expect(wantedIn(JSON.stringify({ $schema: './schema.json', ...fromYaml[0] }))).toEqual(
      fromYaml.slice(0, 1),
    );
  });

  test('need not repeat their team in the scope, nor name it where --team does', () => {
    const [automation] = wantedIn(lossIsLow);
    expect(automation).toMatchObject({ scope: { kind: 'project', team: 'vision', project: 'mnist' } });
    const source = { name: 'file.yaml', text: lossIsLow.replace('team: vision\n', '') };
    expect(checkSources([source], { team: 'nlp' }).documents).toMatchObject([
      { wanted: { team: 'nlp', scope: { team: 'nlp' } } },
    ]);
  });

  test.each<[what: string, text: string, at: string, message: string | RegExp]>([
    ['no YAML', 'kind: [automation', '1:18', /^this is no YAML: /],
    ['a key twice', 'kind: secret\nkind: secret\n', '2:1', /^this is no YAML: Map keys must be unique/],
    ['no map', 'hello', '1:1', 'a document is a map with a kind: automation, integration, secret'],
    ['no kind', 'name: x', '1:1', 'kind is missing'],
    ['another kind', 'team: a\nkind: automaton', '2:1', 'kind: there is no "automaton"'],
    ['no team', webhook.replace('team: vision\n', ''), '1:1', 'team: this field is missing'],
    ['a wrong value', lossIsLow.replace('0.25', 'low'), '7:75', /^trigger\.threshold\.value: Invalid input/],
    ['an unknown field', `${webhook}uri: https://example.com`, '6:1', 'uri: this field is not known'],
    [
      'a missing field',
      lossIsLow.replace(', value: 0.25', ''),
      '7:3',
      /^trigger\.threshold\.value: is missing/,
    ],
    [
      'a wrong filter',
      lossIsLow.replace('action:', '  filter: {run.name: {$regx: a}}\naction:'),
      '8:23',
      /^trigger\.filter\.run\.name\.\$regx: /,
    ],
    [
      'a scope of another team',
      lossIsLow.replace('{kind', '{team: nlp, kind'),
      '4:9',
      /^scope\.team: must be/,
    ],
    [
      'the same thing twice',
      `${webhook}---\n${webhook}`,
      '7:1',
      'integration receiver stands in file.yaml:1:1 already',
    ],
    [
      'one name of two teams in a registry',
      `${linked}---\n${linked.replace('vision', 'nlp')}`,
      '8:1',
      'automation linked stands in file.yaml:1:1 already',
    ],
    ['a tag', lossIsLow.replace('0.25', '!env LOSS'), '7:82', 'this is no YAML: Unresolved tag: !env'],
    [
      'what JSON has not',
      lossIsLow.replace('{run:', '{a: .nan, run:'),
      '11:13',
      'action.payload.a: is NaN: send it as a string',
    ],
    [
      'a name that would be lost',
      lossIsLow.replace('{run:', '{__proto__: 1, run:'),
      '11:13',
      /^action\.payload\.__proto__: "__proto__" can not be a name/,
    ],
  ])('with %s are refused with the place', (_, text, at, message) => {
    expect(problemsIn(text)).toEqual([
      expect.objectContaining({
        at: `file.yaml:${at}`,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      }),
    ]);
  });

  test('without a team are told once where one can be named', () => {
    const teamless = lossIsLow.replace('team: vision\n', '');
    expect(problemsIn(teamless)).toEqual([
      {
        at: 'file.yaml:1:1',
        message: 'team: this field is missing',
        hint: 'name the team in the file, with --team, or in SIGNALBOX_TEAM',
      },
    ]);
  });

  test('are all looked at: each has its problem', () => {
    expect(problemsIn(`${webhook}uri: x\n---\n${lossIsLow.replace('0.25', 'low')}`)).toHaveLength(2);
  });

  test('are read from all files of a folder, however their endings are written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-sources-'));
    mkdirSync(join(folder, 'inner'));
    for (const name of ['a.yaml', 'b.YAML', 'c.Yml', 'inner/d.JSON', 'e.txt', 'yaml', '.f.yaml'])
      writeFileSync(join(folder, name), name);
    const sources = await readSources([folder]);
    rmSync(folder, { recursive: true });
    expect(sources.map(({ text }) => text)).toEqual(['a.yaml', 'b.YAML', 'c.Yml', 'inner/d.JSON']);
  });

  /** The automation in a list, and another that takes over what the merge key names. */
  const takingOver = (merge: string, own: string) =>
    `- &low\n${lossIsLow.trimEnd().replaceAll(/^/gm, '  ')}\n- <<: ${merge}\n  ${own}\n`;

  test('take over fields by a merge key: what they say themselves counts first, then the first that says it', () => {
    const [low, other] = documentsIn(
      takingOver('[{name: other, enabled: false}, *low]', 'scope: {kind: project, project: cifar}'),
    );
    const scope = { kind: 'project', team: 'vision', project: 'cifar' };
    expect(other!.wanted).toEqual({ ...low!.wanted, name: 'other', enabled: false, scope });
    expect([['scope'], ['trigger', 'event']].map(other!.at)).toEqual(['file.yaml:14:3', 'file.yaml:13:3']);
  });

  test('are told where their merge key is wrong', () => {
    expect(problemsIn(takingOver('low', 'name: other'))).toEqual([
      { at: 'file.yaml:13:3', message: 'Merge sources must be maps or map aliases' },
    ]);
    expect(problemsIn(takingOver('[{nam: x}, *low]', 'name: other'))).toContainEqual(
      expect.objectContaining({ at: 'file.yaml:13:3', message: expect.stringMatching(/^nam: /) }),
    );
  });

  test('may have a field of the name of a merge key, in quotes, and are exported so', () => {
    const payload = { '<<': { a: 1 }, b: '<<' };
    const text = lossIsLow.replace(/payload: .*/, `payload: ${JSON.stringify(payload)}`);
    const [wanted] = wantedIn(text);
    expect(wanted).toMatchObject({ action: { payload } });
    expect(wantedIn(yamlOf([wanted!]))).toEqual([wanted]);
  });

  test.each([
    ['aliases', 'x'],
    ['merge keys', '<<'],
  ])('can not be a bomb of %s', (_, key) => {
    const levels = Array.from(
      { length: 12 },
      (_, at) => `a${at + 1}: &a${at + 1} {${key}: [${Array(9).fill(`*a${at}`).join(', ')}]}`,
    );
    expect(problemsIn(`a0: &a0 {x: 1}\n${levels.join('\n')}\n`)).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/alias/) }),
    ]);
  });
});

const anyDocument: fc.Arbitrary<Wanted> = fc
  .tuple(draftAutomation, fc.record({ enabled: fc.boolean(), supersede: fc.boolean() }), fc.jsonValue())
  .map(([{ scope, trigger }, { enabled, supersede }, payload]) => {
    const action = { type: 'webhook', integration: 'receiver', payload };
    const common = {
      name: 'any',
      team: teamOf(scope),
      enabled,
      ...(supersede && { delivery: { supersede } }),
    };
    return checkDocument('automation', { kind: 'automation', ...common, scope, trigger, action });
  })
  .filter((checked) => 'wanted' in checked)
  .map(({ wanted }) => wanted);

test('any automation is the same after it was exported and read again, and the schema takes it', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      const slim = withoutDefaults(document);
      const [again] = wantedIn(yamlOf([slim]));
      expect(planOf([document], [teamWith({ automations: [again] })]).steps).toEqual([]);
      expect(withoutDefaults(again!)).toEqual(slim);
      expect(validate(JSON.parse(JSON.stringify(slim))) || validate.errors).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test.each(['a\n\n', 'two\nlines \n', ' \n', '\n \n', '', '\n', '---\n', ' a\n  b\n\n\n'])(
  'the text %j is the same after it was exported, also where it is the last',
  (message) => {
    const action = { type: 'slack', integration: 'receiver', title: 'x', message };
    const [low] = wantedIn(lossIsLow) as [Wanted];
    const document = { ...low, action } as Wanted;
    expect(wantedIn(yamlOf([document, document].slice(1)))).toEqual([
      { ...document, action: { ...action, severity: 'INFO' } },
    ]);
  },
);

describe('the JSON Schema', () => {
  test('takes what apply takes', () => {
    for (const text of [webhook, lossIsLow, 'kind: secret\nteam: vision\nname: SIGNING\n']) {
      expect(validate(wantedIn(text)) || validate.errors).toBe(true);
    }
  });

  test.each([
    ['a wrong value', lossIsLow.replace('0.25', 'low')],
    ['an unknown field', lossIsLow.replace('window:', 'windows:')],
    ['an id in the place of a kind', webhook.replace('integration', 'int_1')],
    ['an unknown event', lossIsLow.replace('run.metrics', 'run.metric')],
  ])('refuses %s', (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});

/** A team that has these documents. */
function teamWith({
  automations = [],
  integrations = [],
  secrets = [],
  registries = [],
}: {
  automations?: unknown[];
  integrations?: unknown[];
  secrets?: string[];
  registries?: string[];
}): DeployedTeam {
  const deployed = (documents: unknown[], prefix: string) =>
    documents.map((document, at) => ({ id: `${prefix}_${at}`, document })) as never;
  const [first] = [...automations, ...integrations] as { team: string }[];
  return {
    team: first?.team ?? 'vision',
    automations: deployed(automations, 'aut'),
    integrations: deployed(integrations, 'int'),
    secrets,
    registries,
  };
}

describe('a plan', () => {
  const summary = (steps: Step[]) => steps.map(({ act, document }) => `${act} ${document.name}`);
  const [receiver, low] = wantedIn(`${webhook}---\n${lossIsLow}`) as [Wanted, Wanted];

  test('makes what is missing, integrations first', () => {
    expect(summary(planOf([low, receiver], [teamWith({})]).steps)).toEqual([
      'create receiver',
      'create loss is low',
    ]);
  });

  test('has nothing to do where all is as it should be, also where a default is spelled out', () => {
    const spelledOut = wantedIn(`${lossIsLow}delivery: {max_per_minute: 30}\n`);
    const team = teamWith({ automations: [low], integrations: [receiver] });
    expect(planOf([receiver, ...spelledOut], [team])).toMatchObject({ steps: [], others: [] });
  });

  test('changes with each field named', () => {
    const changed = wantedIn(lossIsLow.replace('0.25', '0.3').replace('{run: "${run_name}"}', '{step: 1}'));
    expect(planOf(changed, [teamWith({ automations: [low] })]).steps).toMatchObject([
      {
        act: 'change',
        id: 'aut_0',
        differences: [
          { path: 'trigger.threshold.value', from: 0.25, to: 0.3 },
          { path: 'action.payload.run', from: '${run_name}', to: undefined },
          { path: 'action.payload.step', from: undefined, to: 1 },
        ],
      },
    ]);
  });

  test('deletes only when it is to prune, automations first', () => {
    const team = teamWith({ automations: [low], integrations: [receiver] });
    expect(planOf([], [team])).toMatchObject({ steps: [], others: [receiver, low] });
    expect(summary(planOf([], [team], { prune: true }).steps)).toEqual([
      'delete loss is low',
      'delete receiver',
    ]);
  });

  test('takes the same name in another scope for another automation', () => {
    const moved = wantedIn(lossIsLow.replace('mnist', 'cifar'));
    const plan = planOf(moved, [teamWith({ automations: [low] })], { prune: true });
    expect(summary(plan.steps)).toEqual(['create loss is low', 'delete loss is low']);
  });
});

describe('before anything is changed', () => {
  const problems = (text: string, team = teamWith({})) =>
    problemsOf(documentsIn(text), [team]).map(({ at, message }) => `${at} ${message}`);
  const deployed = (...texts: string[]) => teamWith({ integrations: texts.flatMap(wantedIn) });

  test('a secret must be there, and is not named where it may be a value', () => {
    expect(problems('kind: secret\nteam: vision\nname: SIGNING')).toEqual([
      'file.yaml:3:1 name: team vision has no secret SIGNING',
    ]);
    expect(problems(`${webhook}signing_secret: hunter2_hunter2`)).toEqual([
      'file.yaml:6:1 signing_secret: team vision has no secret of this name',
    ]);
    expect(problems(`${webhook}signing_secret: SIGNING`, teamWith({ secrets: ['SIGNING'] }))).toEqual([]);
  });

  test('an integration must be there or in the files, of the right type, and keep its type', () => {
    expect(problems(lossIsLow)).toEqual([
      'file.yaml:10:3 action.integration: team vision has no integration receiver',
    ]);
    expect(problems(`${lossIsLow}---\n${webhook}`)).toEqual([]);
    expect(problems(lossIsLow, deployed(webhook))).toEqual([]);
    const slack = 'kind: integration\nteam: vision\nname: receiver\ntype: slack\nwebhook_url_secret: URL\n';
    const withUrl = { ...deployed(slack), secrets: ['URL'] };
    expect(problems(lossIsLow, withUrl)).toEqual([
      'file.yaml:10:3 action.integration: receiver is of the type slack, and the action of webhook',
    ]);
    expect(problems(webhook, withUrl)).toEqual([
      'file.yaml:4:1 type: it is of the type slack, and a type stays as it is',
    ]);
  });

  test('a registry must be one in which the team may have automations', () => {
    const linked = lossIsLow
      .replace('{kind: project, project: mnist}', '{kind: registry, registry: models}')
      .replace(/ {2}event:[\s\S]*?\naction/, '  event: artifact.linked\naction');
    expect(problems(linked, deployed(webhook))).toEqual([
      'file.yaml:4:25 scope.registry: team vision may have no automations in registry models',
    ]);
    expect(problems(linked, { ...deployed(webhook), registries: ['models'] })).toEqual([]);
  });

  test('a payload may name only what the integration grants', () => {
    const naming = lossIsLow.replace('${run_name}', '${ACCESS_TOKEN}');
    expect(problems(naming, deployed(webhook))).toEqual([
      expect.stringMatching(/^file\.yaml:11:13 action\.payload\.run: /),
    ]);
    expect(problems(naming, deployed(`${webhook}access_token_secret: ACCESS`))).toEqual([]);
  });
});

describe('what stays as it is passes', () => {
  const low = wantedIn(lossIsLow)[0] as WantedAutomation;
  const orphan = { ...low, action: { ...low.action, integration: 'int_gone' } };
  const signed = `${webhook}access_token_secret: ACCESS`;
  const team = teamWith({ automations: [orphan, ...wantedIn(linked)], integrations: wantedIn(signed) });
  const refused = (documents: string, of = team) =>
    problemsOf(documentsIn(documents), [of]).map(({ message }) => message);

  test('though its integration, its place in a registry or its secret is gone: an export can be applied', () => {
    const exported = exportedDocuments(team);
    expect(exported).toHaveLength(3);
    expect(refused(yamlOf(exported))).toEqual([]);
    expect(planOf(wantedIn(yamlOf(exported)), [team]).steps).toEqual([]);
  });

  test('and what changes does not', () => {
    const documents = exportedDocuments(team).map((one) => ({ ...one, description: 'another' }));
    const [, ...automations] = documents as Wanted[];
    expect(refused(`${yamlOf(automations)}---\n${signed}\nmethod: PUT\n`)).toEqual([
      'scope.registry: team vision may have no automations in registry models',
      'action.integration: team vision has no integration int_gone',
      'access_token_secret: team vision has no secret of this name',
    ]);
  });

  test('unless its integration changes under it', () => {
    const naming = lossIsLow.replace('${run_name}', '${ACCESS_TOKEN}');
    const granted = teamWith({ automations: wantedIn(naming), integrations: wantedIn(signed) });
    expect(refused(naming, granted)).toEqual([]);
    expect(refused(`${naming}---\n${signed}`, granted)).toEqual([]);
    expect(refused(`${naming}---\n${webhook}`, granted)).toEqual([
      expect.stringMatching(/^action\.payload\.run: /),
    ]);
  });
});

describe('carrying out a plan', () => {
  const [receiver, low] = wantedIn(`${webhook}---\n${lossIsLow}`) as [Wanted, Wanted];
  const steps = planOf([receiver, low], [teamWith({})]).steps;

  /** A connection that answers from a table, and notes what it was asked. */
  function fake(answers: Record<string, (input: { body?: unknown; ifMatch?: string }) => unknown>) {
    const calls: [string, unknown][] = [];
    const call = async (name: string, input: object) => {
      calls.push([name, input]);
      return answers[name]!(input);
    };
    const done: string[] = [];
    const connection = { url: '', call, post: async () => undefined } as unknown as Connection;
    const deps = {
      connection,
      integrationIds: new Map<string, string>(),
      onDone: ({ document }: Step) => done.push(document.name),
    };
    return { deps, calls, done };
  }
  const refuse = (status: number, code: string) => () => {
    throw new Refusal(status, { code, detail: code });
  };

  test('gives automations the ids of integrations that were made just before', async () => {
    const { deps, calls, done } = fake({
      createIntegration: () => ({ body: { id: 'int_7' } }),
      createAutomation: () => ({ body: { id: 'aut_7' } }),
    });
    await expect(carryOut(steps, deps)).resolves.toMatchObject({ left: [] });
    expect(done).toEqual(['receiver', 'loss is low']);
    expect(calls[1]).toMatchObject(['createAutomation', { body: { action: { integration: 'int_7' } } }]);
  });

  test('stops at a refusal, and says what is done and what is left', async () => {
    const { deps } = fake({ createIntegration: refuse(422, 'invalid_input') });
    await expect(carryOut(steps, deps)).resolves.toMatchObject({
      done: [],
      failed: { step: { document: { name: 'receiver' } }, error: { status: 422 } },
      left: [{ document: { name: 'loss is low' } }],
    });
  });

  const changed = wantedIn(webhook.replace('/hook', '/other'));
  const change = planOf(changed, [teamWith({ integrations: [receiver] })]).steps;
  const stored = { ...receiver, kind: undefined, id: 'int_0', created_at: '', updated_at: '' };

  test('changes what the plan saw, under its ETag', async () => {
    const { deps, calls } = fake({
      readIntegration: () => ({ body: stored, etag: '"4"' }),
      updateIntegration: () => ({ body: {} }),
    });
    await expect(carryOut(change, deps)).resolves.toMatchObject({ left: [] });
    expect(calls[1]).toMatchObject(['updateIntegration', { ifMatch: '"4"', params: { id: 'int_0' } }]);
  });

  test('does not overwrite what somebody changed since the plan was made', async () => {
    const { deps, calls } = fake({
      readIntegration: () => ({ body: { ...stored, method: 'PUT' }, etag: '"5"' }),
    });
    await expect(carryOut(change, deps)).resolves.toMatchObject({ failed: { error: { status: 412 } } });
    expect(calls).toHaveLength(1);
  });

  test('takes away what a document no longer has', async () => {
    const [signed] = wantedIn(`${webhook}signing_secret: SIGNING`) as [Wanted];
    const plan = planOf([receiver], [teamWith({ integrations: [signed] })]);
    const { deps, calls } = fake({
      readIntegration: () => ({ body: { ...stored, ...signed }, etag: '"1"' }),
      updateIntegration: () => ({ body: {} }),
    });
    await carryOut(plan.steps, deps);
    expect(calls[1]).toMatchObject(['updateIntegration', { body: { signing_secret: null } }]);
    expect((calls[1]![1] as { body: object }).body).not.toHaveProperty('type');
  });

  test('tries a change that a saved payload forbids once more, behind the payload', async () => {
    let refusals = 0;
    const { deps, done } = fake({
      readIntegration: () => ({ body: stored, etag: '"1"' }),
      updateIntegration: () => {
        if (refusals++ === 0) throw new Refusal(409, { code: 'conflict', detail: 'a payload names it' });
        return { body: {} };
      },
      createAutomation: () => ({ body: { id: 'aut_1' } }),
    });
    deps.integrationIds.set(integrationKey('vision', 'receiver'), 'int_0');
    await carryOut([...change, ...steps.slice(1)], deps);
    expect(done).toEqual(['loss is low', 'receiver']);
  });
});

test('an export holds the secrets that are used, integrations and automations, in the order of their names', () => {
  const named = (name: string) => wantedIn(lossIsLow.replace('loss is low', name));
  const hooks = wantedIn(`${webhook}signing_secret: SIGNING`);
  const team = teamWith({
    automations: [...named('b'), ...named('a')],
    integrations: hooks,
    secrets: ['SIGNING', 'UNUSED'],
  });
  expect(exportedDocuments(team).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'secret SIGNING',
    'integration receiver',
    'automation a',
    'automation b',
  ]);
});

test('an export names no secret that is gone', () => {
  const integrations = wantedIn(`${webhook}signing_secret: SIGNING\naccess_token_secret: GONE`);
  const exported = exportedDocuments(teamWith({ integrations, secrets: ['SIGNING'] }));
  expect(exported.map(({ name }) => name)).toEqual(['SIGNING', 'receiver']);
});

test('what the server adds to a thing is in no document', () => {
  const [receiver, low] = wantedIn(`${webhook}---\n${lossIsLow}`);
  const added = { id: 'x', created_at: 't', updated_at: 't', revision: 1, health: 'new' };
  const { kind: _k, ...integration } = receiver as never as Record<string, unknown>;
  const { kind: _l, ...automation } = low as never as Record<string, unknown>;
  expect(integrationDocument({ ...integration, ...added } as never)).toEqual(receiver);
  expect(automationDocument({ ...automation, ...added } as never, () => undefined)).toEqual(low);
});

test.each([
  [{ a: 1 }, { a: 1 }, []],
  [{ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, []],
  [{ a: [1, 2] }, { a: [2, 1] }, ['a']],
  [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, ['a.1.b']],
  [{ a: [{ b: 1 }] }, { a: [] }, ['a']],
  [{ a: null }, {}, ['a']],
  [{}, { constructor: 1 }, ['constructor']],
])('%j and %j differ in %j', (from, to, paths) => {
  expect(differences(from, to).map(({ path }) => path)).toEqual(paths);
});

test('what is deployed in a form of another version is said so, and not as a bug', () => {
  const stored = { ...aDefinition(), id: 'aut_1', trigger: { event: 'dataset.refreshed', filter: {} } };
  expect(() => automationDocument(stored as never, () => undefined)).toThrow(
    /^automation .+ is of a form that this command line does not know: trigger\.event: there is no such event/,
  );
});
