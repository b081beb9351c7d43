import type { ReceivedRequest, ScriptedAnswer } from '../support/receiver.ts';
import { DiscordWebhook } from '../support/services/discord.ts';
import { GithubRepository } from '../support/services/github.ts';
import { GitlabProject } from '../support/services/gitlab.ts';
import { SlackWorkspace } from '../support/services/slack.ts';
import { TeamsWorkflow } from '../support/services/teams.ts';

// The services that stand in for the real ones refuse what those refuse: else the recipes would prove nothing.

interface Service {
  answer: (request: ReceivedRequest) => ScriptedAnswer;
}

/** What a service answers to a good request with one thing changed. */
function answerOf(
  service: Service,
  path: string,
  body: unknown,
  { headers = {}, method = 'POST' }: { headers?: Record<string, string | undefined>; method?: string } = {},
): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const json: unknown = typeof body === 'string' ? undefined : body;
  const all = { 'content-type': 'application/json', 'user-agent': 'test', ...headers };
  const request = { method, path, body: text, json, headers: all, receivedAt: 0, verified: false };
  const { status, body: said = '' } = service.answer(request as ReceivedRequest);
  return `${status} ${said}`.trim();
}

describe('GitHub', () => {
  const repository = new GithubRepository('acme/detector', 'right');
  const path = '/repos/acme/detector/dispatches';
  const authorization = 'Bearer right';
  const properties = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

  test.each<[string, unknown, RegExp, object?]>([
    ['a dispatch', { event_type: 'x', client_payload: properties(10) }, /^204$/],
    ['a dispatch without a payload', { event_type: 'x' }, /^204$/],
    ['11 properties', { event_type: 'x', client_payload: properties(11) }, /^422 .*10 properties.*11 were/],
    ['a long type', { event_type: 'x'.repeat(101) }, /^422/],
    ['no type', { client_payload: {} }, /^422/],
    ['a further field', { event_type: 'x', ref: 'main' }, /^422/],
    ['a payload that is no object', { event_type: 'x', client_payload: ['a'] }, /^422/],
    ['a large payload', { event_type: 'x', client_payload: { a: 'x'.repeat(65_536) } }, /^422 .*too large/],
    ['no JSON', '{', /^400/],
    ['no user agent', { event_type: 'x' }, /^403/, { 'user-agent': undefined }],
    ['no token', { event_type: 'x' }, /^401/, { authorization: undefined }],
    ['a wrong token', { event_type: 'x' }, /^401/, { authorization: 'Bearer wrong' }],
    ['basic auth', { event_type: 'x' }, /^401/, { authorization: 'Basic right' }],
    ['an unknown version', { event_type: 'x' }, /^400/, { 'x-github-api-version': '2019-01-01' }],
  ])('answers %s', (_what, body, answer, ...[headers]) => {
    expect(answerOf(repository, path, body, { headers: { authorization, ...headers } })).toMatch(answer);
  });

  test('answers 404 for another repository', () => {
    const headers = { authorization };
    expect(answerOf(repository, '/repos/acme/other/dispatches', { event_type: 'x' }, { headers })).toMatch(
      /^404/,
    );
  });
});

describe('GitLab', () => {
  const project = new GitlabProject('7', 'main', 'right');
  const path = '/api/v4/projects/7/trigger/pipeline';
  const good = { token: 'right', ref: 'main', variables: { MODEL: 'm' } };

  test.each<[string, unknown, RegExp]>([
    ['a trigger', good, /^201/],
    ['a number as a variable', { ...good, variables: { INDEX: 3 } }, /^400 .*key-valued strings/],
    ['another branch', { ...good, ref: 'other' }, /^400 .*Reference not found/],
    ['no branch', { token: 'right' }, /^400/],
    ['a wrong token', { ...good, token: 'wrong' }, /^404/],
  ])('answers %s', (_what, body, answer) => {
    expect(answerOf(project, path, body)).toMatch(answer);
  });
});

describe('Slack', () => {
  const slack = new SlackWorkspace();
  const manifest = (scope: string, name: string) =>
    JSON.stringify({
      display_information: { name },
      features: { bot_user: { display_name: name } },
      oauth_config: { scopes: { bot: [scope] } },
    });
  const writer = slack.install(manifest('chat:write', 'Writer'));
  const reader = slack.install(manifest('channels:read', 'Reader'));
  slack.channel('C1', 'alerts').members.add('Writer');
  slack.channel('C2', 'other');
  Object.assign(slack.channel('C3', 'old'), { isArchived: true });
  const hook = slack.incomingWebhook('C1');
  const header = (text: string) => ({ type: 'header', text: { type: 'plain_text', text } });
  const post = (body: unknown, authorization?: string, contentType = 'application/json') =>
    answerOf(slack, '/api/chat.postMessage', body, {
      headers: { authorization, 'content-type': contentType },
    });

  test.each<[string, unknown, string]>([
    ['a message', { channel: 'C1', text: 'x' }, '"ok":true'],
    ['a channel without the bot', { channel: 'C2', text: 'x' }, 'not_in_channel'],
    ['an archived channel', { channel: 'C3', text: 'x' }, 'is_archived'],
    ['an unknown channel', { channel: 'C9', text: 'x' }, 'channel_not_found'],
    ['nothing to say', { channel: 'C1' }, 'no_text'],
    ['a long header', { channel: 'C1', blocks: [header('x'.repeat(151))] }, 'invalid_blocks'],
    ['an empty header', { channel: 'C1', blocks: [header('')] }, 'invalid_blocks'],
    [
      'a block that is none',
      { channel: 'C1', attachments: [{ blocks: [{ type: 'x' }] }] },
      'invalid_attachments',
    ],
    ['a long text', { channel: 'C1', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['no JSON', '{', 'invalid_json'],
  ])('answers %s', (_what, body, answer) => {
    expect(post(body, `Bearer ${writer}`)).toContain(answer);
  });

  test('knows its callers', () => {
    const message = { channel: 'C1', text: 'x' };
    expect(post(message)).toContain('not_authed');
    expect(post(message, 'Bearer xoxb-other')).toContain('invalid_auth');
    expect(post(message, `Bearer ${reader}`)).toContain('missing_scope');
    expect(post(message, `Bearer ${writer}`, 'text/plain')).toContain('invalid_post_type');
    expect(() => slack.type('C1', '/invite @Nobody')).toThrow();
    expect(() => slack.install('{"display_information": {"name": "x"}}')).toThrow();
  });

  test('answers an incoming webhook in plain text', () => {
    expect(answerOf(slack, hook, { text: 'x' })).toBe('200 ok');
    expect(answerOf(slack, hook, {})).toBe('400 no_text');
    expect(answerOf(slack, hook, '{')).toBe('400 invalid_payload');
    expect(answerOf(slack, `${hook}x`, { text: 'x' })).toBe('404 no_service');
    expect(answerOf(slack, slack.incomingWebhook('C3'), { text: 'x' })).toBe('410 channel_is_archived');
  });
});

describe('Teams', () => {
  const workflow = new TeamsWorkflow('1', 'signed');
  const content = { type: 'AdaptiveCard', version: '1.4', body: [{ type: 'TextBlock', text: 'x' }] };
  const card = (change: object) => ({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', content: { ...content, ...change } },
    ],
  });
  const link = (url: string) => ({ actions: [{ type: 'Action.OpenUrl', title: 'x', url }] });

  test.each<[string, unknown, RegExp]>([
    ['a card', card(link('https://example.com')), /^202$/],
    ['a card alone', content, /^400/],
    ['an older kind of card', { '@type': 'MessageCard', text: 'x' }, /^400/],
    ['an empty link', card(link('')), /^400/],
    ['an element that is none', card({ body: [{ type: 'Header' }] }), /^400/],
    ['a large card', card({ body: [{ type: 'TextBlock', text: 'x'.repeat(29_000) }] }), /^413/],
  ])('answers %s', (_what, body, answer) => {
    expect(answerOf(workflow, workflow.path, body)).toMatch(answer);
  });

  test('knows its URL', () => {
    const { path } = workflow;
    expect(answerOf(workflow, path.replace('signed', 'wrong'), card({}))).toMatch(/^401/);
    expect(answerOf(workflow, path.replace('api-version=1&', ''), card({}))).toMatch(/^400/);
    expect(answerOf(workflow, path.replace('workflows/1', 'workflows/2'), card({}))).toMatch(/^404/);
  });
});

describe('Discord', () => {
  const webhook = new DiscordWebhook('1', 'token');
  const field = (value: string) => ({ embeds: [{ fields: [{ name: 'x', value }] }] });

  test.each<[string, unknown, RegExp]>([
    ['a message', { content: 'x' }, /^204$/],
    ['nothing to say', { username: 'x' }, /^400 .*50006/],
    ['a long content', { content: 'x'.repeat(2_001) }, /^400 .*50035/],
    ['an empty field', field(''), /^400 .*50035/],
    ['a long field', field('x'.repeat(1_025)), /^400 .*50035/],
    ['an empty link', { embeds: [{ title: 'x', url: '' }] }, /^400 .*50035/],
    ['too much in all', { embeds: [1, 2].map(() => ({ description: 'x'.repeat(3_001) })) }, /^400 .*6000/],
    ['its own name', { content: 'x', username: 'Discord bot' }, /^400 .*50035/],
  ])('answers %s', (_what, body, answer) => {
    expect(answerOf(webhook, webhook.path, body)).toMatch(answer);
  });

  test('knows its URL, and whom a message pings', () => {
    expect(answerOf(webhook, '/api/webhooks/1/wrong', { content: 'x' })).toMatch(/^401 .*50027/);
    expect(answerOf(webhook, '/api/webhooks/2/token', { content: 'x' })).toMatch(/^404 .*10015/);
    answerOf(webhook, webhook.path, { content: '@everyone' });
    answerOf(webhook, webhook.path, { content: '@everyone', allowed_mentions: { parse: [] } });
    expect(webhook.messages.slice(-2).map(({ pings }) => pings)).toEqual([true, false]);
  });
});
