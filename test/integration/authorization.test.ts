import { paramNames } from '../../core/api/route.ts';
import { type RouteName, routes } from '../../core/api/routes.ts';
import { Role } from '../../core/key.ts';
import { RegistryRole } from '../../core/registry.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime } from '../support/local-runtime.ts';

// Who may do what, by hand, against the running API: every route × role × own or another team, and what happens in a
// registry × the team's role in it. A route that is missing here does not compile.

type Team = 'own' | 'other';
type Body = Record<string, unknown>;
interface Sent {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
}
interface Row {
  /** Which roles may, on their own team. An org_admin who may, may on each team; nobody else on another one. */
  may: readonly Role[];
  /** A valid request about something of this team, which is there. */
  of: (team: Team) => Sent | Promise<Sent>;
  /** It is about no team: own and other are the same. */
  isOfNoTeam?: true;
  /** What the valid request is answered where it may; any success when it is missing. */
  answers?: number;
}

let runtime: LocalRuntime;
const keys = new Map<string, string>();
const fixed: Record<Team, Record<'automation' | 'integration' | 'delivery' | 'resend' | 'key', string>> = {
  own: { automation: '', integration: '', delivery: '', resend: '', key: '' },
  other: { automation: '', integration: '', delivery: '', resend: '', key: '' },
};

beforeAll(async () => {
  runtime = await startLocalRuntime();
  for (const team of ['own', 'other'] as const) {
    await make('/v1/teams', { name: team });
    const automation = await make('/v1/automations', anAutomation(team));
    const integration = await make('/v1/integrations', anIntegration(team));
    const { delivery } = await make(`/v1/integrations/${integration['id']}/test`, {});
    const resend = await make(`/v1/automations/${automation['id']}/resend`, {
      from: '2020-01-01T00:00:00Z',
    });
    const key = await make('/v1/keys', { team, role: 'sender', name: 'fixed' });
    Object.assign(fixed[team], {
      automation: automation['id'],
      integration: integration['id'],
      delivery,
      resend: resend['id'],
      key: key['id'],
    });
  }
  for (const role of Role.options) {
    const team = role === 'org_admin' ? {} : { team: 'own' };
    const made = await make('/v1/keys', { ...team, role, name: role });
    keys.set(role, String(made['key']));
  }
}, 60_000);

afterAll(cleanUp);

async function make(path: string, body: object): Promise<Body> {
  const { status, body: answer } = await runtime.request('POST', path, body);
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`);
  return answer as Body;
}

let names = 0;
const fresh = () => `thing-${++names}`;
const anAutomation = (team: Team, scope: object = { kind: 'team', team }) => ({
  ...{ name: fresh(), team, scope, trigger: { event: 'artifact.linked' }, action: { type: 'no_op' } },
});
const anIntegration = (team: Team) => ({ name: fresh(), team, type: 'webhook', url: 'http://127.0.0.1:9/' });
const aKey = (team: Team) => ({ name: fresh(), team, role: 'sender' });
const newId = async (path: string, body: object) => String((await make(path, body))['id']);
const newTeam = async () => String((await make('/v1/teams', { name: fresh() }))['name']);
const newRegistry = async () => String((await make('/v1/registries', { name: fresh() }))['name']);
const aSecret = async (team: Team) => {
  const name = `S${++names}`;
  await runtime.request('PUT', `/v1/teams/${team}/secrets/${name}`, { value: 'long enough' });
  return name;
};
async function registryWith(team: string, role: string): Promise<string> {
  const registry = await newRegistry();
  await runtime.request('PUT', `/v1/registries/${registry}/teams/${team}`, { role });
  return registry;
}
const event = (team: Team, place: object = {}) => ({ type: 'custom.x', team, ...place });

const all = Role.options;
const readers = ['org_admin', 'admin', 'member', 'viewer'] as const;
const posters = ['org_admin', 'admin', 'member', 'sender'] as const;
const members = ['org_admin', 'admin', 'member'] as const;
const admins = ['org_admin', 'admin'] as const;
const organization = ['org_admin'] as const;

const rows: Record<RouteName, Row> = {
  readDocument: { may: all, isOfNoTeam: true, of: () => ({}) },
  postEvents: { may: posters, of: (team) => ({ body: event(team) }) },
  readWatched: { may: all, of: (team) => ({ query: `team=${team}` }) },
  createAutomation: { may: members, of: (team) => ({ body: anAutomation(team) }) },
  listAutomations: { may: readers, of: (team) => ({ query: `team=${team}` }) },
  readAutomation: { may: readers, of: (team) => ({ params: { id: fixed[team].automation } }) },
  updateAutomation: {
    may: members,
    of: (team) => ({ params: { id: fixed[team].automation }, body: { description: fresh() } }),
  },
  deleteAutomation: {
    may: members,
    of: async (team) => ({ params: { id: await newId('/v1/automations', anAutomation(team)) } }),
  },
  explainAutomation: { may: readers, of: (team) => ({ params: { id: fixed[team].automation } }) },
  // The automation's scope is a team, so the run's project is missing: whoever may is told so.
  readStanding: {
    may: readers,
    of: (team) => ({ params: { id: fixed[team].automation, run: 'r1' } }),
    answers: 422,
  },
  testAutomation: {
    may: readers,
    of: (team) => ({ body: { automation: anAutomation(team), events: [event(team)] } }),
  },
  listDeliveries: { may: readers, of: (team) => ({ query: `team=${team}` }) },
  readDelivery: { may: readers, of: (team) => ({ params: { id: fixed[team].delivery } }) },
  // A test call is made once: whoever may is told so.
  resendDelivery: { may: members, of: (team) => ({ params: { id: fixed[team].delivery } }), answers: 409 },
  createResend: {
    may: members,
    of: (team) => ({ params: { id: fixed[team].automation }, body: { from: '2020-01-01T00:00:00Z' } }),
  },
  readResend: { may: readers, of: (team) => ({ params: { id: fixed[team].resend } }) },
  createIntegration: { may: admins, of: (team) => ({ body: anIntegration(team) }) },
  listIntegrations: { may: readers, of: (team) => ({ query: `team=${team}` }) },
  readIntegration: { may: readers, of: (team) => ({ params: { id: fixed[team].integration } }) },
  updateIntegration: {
    may: admins,
    of: (team) => ({ params: { id: fixed[team].integration }, body: { method: 'PUT' } }),
  },
  deleteIntegration: {
    may: admins,
    of: async (team) => ({ params: { id: await newId('/v1/integrations', anIntegration(team)) } }),
  },
  testIntegration: { may: admins, of: (team) => ({ params: { id: fixed[team].integration }, body: {} }) },
  putSecret: {
    may: admins,
    of: (team) => ({ params: { team, name: 'PUT' }, body: { value: 'long enough' } }),
  },
  listSecrets: { may: readers, of: (team) => ({ params: { team } }) },
  deleteSecret: { may: admins, of: async (team) => ({ params: { team, name: await aSecret(team) } }) },
  createTeam: { may: organization, isOfNoTeam: true, of: () => ({ body: { name: fresh() } }) },
  listTeams: { may: organization, isOfNoTeam: true, of: () => ({}) },
  readTeam: { may: readers, of: (team) => ({ params: { team } }) },
  updateTeam: { may: organization, of: (team) => ({ params: { team }, body: { description: fresh() } }) },
  deleteTeam: {
    may: organization,
    isOfNoTeam: true,
    of: async () => ({ params: { team: await newTeam() } }),
  },
  createRegistry: { may: organization, isOfNoTeam: true, of: () => ({ body: { name: fresh() } }) },
  listRegistries: { may: readers, isOfNoTeam: true, of: () => ({}) },
  readRegistry: {
    may: readers,
    of: async (team) => ({ params: { registry: await registryWith(team, 'viewer') } }),
  },
  updateRegistry: {
    may: organization,
    of: async (team) => ({
      params: { registry: await registryWith(team, 'admin') },
      body: { description: 'x' },
    }),
  },
  deleteRegistry: {
    may: organization,
    of: async (team) => ({ params: { registry: await registryWith(team, 'admin') } }),
  },
  putRegistryRole: {
    may: organization,
    of: async (team) => ({
      params: { registry: await registryWith(team, 'admin'), team },
      body: { role: 'viewer' },
    }),
  },
  deleteRegistryRole: {
    may: organization,
    of: async (team) => ({ params: { registry: await registryWith(team, 'admin'), team } }),
  },
  listAudit: { may: admins, of: (team) => ({ query: `team=${team}` }) },
  createKey: { may: admins, of: (team) => ({ body: aKey(team) }) },
  listKeys: { may: admins, of: (team) => ({ query: `team=${team}` }) },
  readKey: { may: admins, of: (team) => ({ params: { id: fixed[team].key } }) },
  updateKey: { may: admins, of: (team) => ({ params: { id: fixed[team].key }, body: { name: fresh() } }) },
  revokeKey: {
    may: admins,
    of: async (team) => ({ params: { id: await newId('/v1/keys', aKey(team)) } }),
  },
};

async function statusOf(name: RouteName, sent: Sent, key: string | undefined): Promise<number> {
  const { method, path } = routes[name];
  const { params = {}, query = '', body } = sent;
  expect(Object.keys(params).sort()).toEqual(paramNames(path).sort());
  const filled = path.replace(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(params[param] ?? ''));
  const response = await fetch(`${runtime.url}${filled}${query && `?${query}`}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

const may = (status: number, { answers }: Pick<Row, 'answers'> = {}) =>
  answers === undefined ? status >= 200 && status < 300 : status === answers;
const mayNot = (status: number) => status === 403 || status === 404;

let decided = 0;

describe.each(Object.entries(rows) as [RouteName, Row][])('%s', (name, row) => {
  test.each(all.flatMap((role) => (['own', 'other'] as const).map((team) => [role, team] as const)))(
    'by %s of the %s team',
    async (role, team) => {
      const status = await statusOf(name, await row.of(team), keys.get(role));
      const reachesTeam = team === 'own' || row.isOfNoTeam || role === 'org_admin';
      const isAllowed = row.may.includes(role) && reachesTeam;
      expect([status, isAllowed ? may(status, row) : mayNot(status)]).toEqual([status, true]);
      decided++;
    },
  );

  test('by nobody', async () => {
    const sent = await row.of('own');
    const wanted = name === 'readDocument' ? 200 : 401;
    expect(await statusOf(name, sent, undefined)).toBe(wanted);
    const wrong = `${keys.get('org_admin')?.slice(0, -1)}x`;
    expect(await statusOf(name, sent, wrong)).toBe(wanted);
    decided++;
  });
});

describe.each(['none', ...RegistryRole.options])('in a registry where its team is %s', (role) => {
  let registry: string;
  beforeAll(async () => {
    registry = role === 'none' ? await newRegistry() : await registryWith('own', role);
  });
  const isIn = role !== 'none';
  const posts = isIn && role !== 'viewer';
  const automates = role === 'member' || role === 'admin';

  test.each([...all])('a key of the role %s', async (keyRole) => {
    const key = keys.get(keyRole);
    const scope = { kind: 'registry', registry };
    const own = await statusOf('createAutomation', { body: anAutomation('own', scope) }, key);
    const [reads, writes, sends] = [readers, members, posters].map((roles: readonly Role[]) =>
      roles.includes(keyRole),
    );
    expect([own, writes && automates ? may(own) : mayNot(own)]).toEqual([own, true]);
    const posted = await statusOf('postEvents', { body: event('own', { registry }) }, key);
    expect([posted, sends && posts ? may(posted) : mayNot(posted)]).toEqual([posted, true]);
    const read = await statusOf('readRegistry', { params: { registry } }, key);
    const sees = reads && (isIn || keyRole === 'org_admin');
    expect([read, sees ? may(read) : mayNot(read)]).toEqual([read, true]);
    // The other team has no role there, whoever acts for it.
    const foreign = await statusOf('postEvents', { body: event('other', { registry }) }, key);
    expect([foreign, mayNot(foreign)]).toEqual([foreign, true]);
    const theirs = await statusOf('createAutomation', { body: anAutomation('other', scope) }, key);
    expect([theirs, mayNot(theirs)]).toEqual([theirs, true]);
  });

  test.each([...all])('a key of the role %s is told what is watched there', async (keyRole) => {
    const query = `team=own&registry=${registry}`;
    const status = await statusOf('readWatched', { query }, keys.get(keyRole));
    expect([status, isIn ? may(status) : mayNot(status)]).toEqual([status, true]);
  });
});

describe.each<[string, Body, string[]]>([
  ['one project', { projects: ['mnist'] }, ['project=mnist']],
  ['one registry', { registries: ['REGISTRY'] }, ['registry=REGISTRY', 'project=wandb-registry-REGISTRY']],
  [
    'a project and a registry',
    { projects: ['mnist'], registries: ['REGISTRY'] },
    ['project=mnist', 'registry=REGISTRY', 'project=wandb-registry-REGISTRY'],
  ],
  [
    'kinds of events',
    { event_types: ['custom.*'] },
    ['', 'project=mnist', 'project=other', 'registry=REGISTRY', 'project=wandb-registry-REGISTRY'],
  ],
])('a sender narrowed to %s', (_what, narrowing, places) => {
  let key: string;
  let registry: string;
  const named = (text: string) => text.replaceAll('REGISTRY', registry);
  beforeAll(async () => {
    registry = await registryWith('own', 'sender');
    const narrowed = JSON.parse(named(JSON.stringify(narrowing)));
    key = String((await make('/v1/keys', { ...aKey('own'), ...narrowed }))['key']);
  });

  test.each(['', 'project=mnist', 'project=other', 'registry=REGISTRY', 'project=wandb-registry-REGISTRY'])(
    'asks what is watched and posts at %j',
    async (place) => {
      const query = `team=own${place && `&${named(place)}`}`;
      const watched = await statusOf('readWatched', { query }, key);
      expect([watched, places.includes(place) ? may(watched) : watched === 403]).toEqual([watched, true]);
      const body = event('own', Object.fromEntries(new URLSearchParams(named(place))));
      expect(may(await statusOf('postEvents', { body }, key))).toBe(places.includes(place));
    },
  );
});

test('automations of the whole organization are for org_admins', async () => {
  for (const role of all) {
    const body = anAutomation('own', { kind: 'organization' });
    const status = await statusOf('createAutomation', { body }, keys.get(role));
    expect([role, status, role === 'org_admin' ? may(status) : mayNot(status)]).toEqual([role, status, true]);
  }
});

test('every cell of the matrix was decided', () => {
  expect(decided).toBe(Object.keys(routes).length * (all.length * 2 + 1));
});
