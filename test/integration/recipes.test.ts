import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signatureHeaders } from '../../core/signature.ts';
import { cleanUp, type LocalRuntime, startLocalRuntime, temporaryFolder } from '../support/local-runtime.ts';
import { testNeeding } from '../support/needs.ts';
import {
  type ReceivedRequest,
  type Receiver,
  type ScriptedAnswer,
  startReceiver,
} from '../support/receiver.ts';
import { blocksOf, follow, openShell, type Shell } from '../support/recipe.ts';
import { runPipeline, runWorkflow } from '../support/services/ci-run.ts';
import { DiscordWebhook } from '../support/services/discord.ts';
import { GithubRepository } from '../support/services/github.ts';
import { GitlabProject } from '../support/services/gitlab.ts';
import { SlackWorkspace } from '../support/services/slack.ts';
import { TeamsWorkflow } from '../support/services/teams.ts';

// Who follows the recipes, block by block: a shell, a Signalbox, and services that refuse what the real ones refuse.

const token = () => randomBytes(20).toString('hex');
const tokens = {
  github: `github_pat_${token()}`,
  gitlab: `glptt-${token()}`,
  // With what JSON writes in another way.
  signing: `"a\\new" ${token()}`,
};

const slack = new SlackWorkspace();
const github = new GithubRepository('acme/detector', tokens.github);
const gitlab = new GitlabProject('4711', 'main', tokens.gitlab);
const teams = new TeamsWorkflow(token(), token());
const discord = new DiscordWebhook('1234567890123456789', `${token()}${token().slice(0, 28)}`);

const secrets: Record<string, string> = {
  GITHUB_TOKEN: tokens.github,
  GITLAB_TRIGGER: tokens.gitlab,
  DEPLOY_SIGNING: tokens.signing,
};

const receivers: Receiver[] = [];
let runtime: LocalRuntime;
let shell: Shell;
let deployPort: number;
let service: ChildProcess | undefined;

async function serve(answer: (request: ReceivedRequest) => ScriptedAnswer): Promise<string> {
  const receiver = await startReceiver({ respond: answer });
  receivers.push(receiver);
  return new URL(receiver.url).origin;
}

/** A port where nobody listens yet. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  deployPort = await freePort();
  const slackUrl = await serve((request) => slack.answer(request));
  const hosts = {
    'https://api.github.com': await serve((request) => github.answer(request)),
    'https://gitlab.com': await serve((request) => gitlab.answer(request)),
    'https://deploy.example.com': `http://127.0.0.1:${deployPort}`,
  };
  slack.channel('C0123456789', 'alerts');
  slack.channel('C0000000001', 'releases');
  secrets['SLACK_RELEASES'] = slackUrl + slack.incomingWebhook('C0000000001');
  secrets['TEAMS_URL'] = (await serve((request) => teams.answer(request))) + teams.path;
  secrets['DISCORD_URL'] = (await serve((request) => discord.answer(request))) + discord.path;
  runtime = await startLocalRuntime({ environment: { SLACK_API_URL: `${slackUrl}/api` } });
  const environment = { SIGNALBOX_URL: runtime.url, SIGNALBOX_API_KEY: runtime.key };
  shell = openShell({ environment, hosts, secrets });
}, 60_000);

afterAll(async () => {
  service?.kill('SIGKILL');
  await runtime?.stop();
  for (const receiver of receivers) await receiver.stop();
  await cleanUp();
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 50) {
    if (waited > 20_000) throw new Error('it did not come to that');
    await sleep(50);
  }
}

const answers = (text: string, output: string) =>
  expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject(JSON.parse(text));

async function deliveries(limit: number): Promise<Record<string, unknown>[]> {
  const { body } = await runtime.request('GET', `/v1/deliveries?team=vision&limit=${limit}`);
  return (body as { deliveries: Record<string, unknown>[] }).deliveries;
}

const recipe = testNeeding('curl');

recipe('the page of all recipes', async () => {
  for (const { text } of blocksOf('README').slice(1)) expect(await shell(text)).toContain('vision');
});

recipe(
  'Slack: the app, what a test call says before and after the invitation, a message',
  async () => {
    await follow('slack', shell, {
      'json manifest': (manifest) => {
        secrets['SLACK_BOT'] = slack.install(manifest);
      },
      'text slack': (text) => slack.type('C0123456789', text),
      'json answer': answers,
    });
    await until(() => slack.messages.length >= 3);
    const texts = slack.messages.map(({ channel, message }) => [channel, message.text]);
    expect(texts).toEqual(
      expect.arrayContaining([
        ['C0123456789', expect.stringMatching(/^Hello from Signalbox: /)],
        ['C0123456789', expect.stringMatching(/^calm-lake-1 diverged: /)],
        ['C0000000001', expect.stringMatching(/test/i)],
      ]),
    );
    expect(texts).toHaveLength(3);
    expect(JSON.stringify(slack.messages)).toContain('Loss is NaN at step 1. *Stop it?*');
  },
  60_000,
);

recipe(
  'GitHub: a dispatch within its limits, and the workflow that reads it',
  async () => {
    let workflow = '';
    await follow('github', shell, {
      'json answer': answers,
      'yaml workflow': (text) => {
        workflow = text;
      },
    });
    await until(() => github.dispatches.length >= 2);
    const [tested, dispatch] = github.dispatches;
    expect(runWorkflow(workflow, tested!)).toEqual([]);
    const [delivery] = await deliveries(1);
    expect(dispatch).toEqual({
      event_type: 'model-in-production',
      client_payload: {
        model: 'vision/wandb-registry-models/detector:v3',
        version: 'v3',
        alias: 'production',
        accuracy: 0.97,
        by: 'ada',
        delivery: delivery!['id'],
      },
    });
    const model = 'vision/wandb-registry-models/detector:v3';
    expect(runWorkflow(workflow, dispatch!)).toEqual([
      ['test-model', model],
      ['deploy-model', model, delivery!['id']],
    ]);
    const evil = {
      ...dispatch!,
      client_payload: { ...dispatch!.client_payload, model: '$(touch evil);`x`' },
    };
    expect(runWorkflow(workflow, evil)[0]).toEqual(['test-model', '$(touch evil);`x`']);
  },
  60_000,
);

recipe(
  'GitLab: a pipeline with variables, its token in the body and nowhere else',
  async () => {
    let pipeline = '';
    await follow('ci-webhook', shell, {
      'yaml pipeline': (text) => {
        pipeline = text;
      },
    });
    await until(() => gitlab.pipelines.length > 0);
    const { ref, variables } = gitlab.pipelines[0]!;
    const model = 'vision/wandb-registry-models/segmenter:v8';
    const [delivery] = await deliveries(1);
    expect({ ref, variables }).toEqual({
      ref: 'main',
      variables: { MODEL: model, DELIVERY: delivery!['id'] },
    });
    expect(runPipeline(pipeline, variables)).toEqual([['test-model', model, delivery!['id']]]);
    expect(runPipeline(pipeline, {})).toEqual([]);
    await until(async () => (await deliveries(1))[0]!['status'] === 'delivered');
    const { body } = await runtime.request('GET', `/v1/deliveries/${delivery!['id']}`);
    expect(JSON.stringify(body)).toContain('***');
  },
  60_000,
);

recipe(
  'Microsoft Teams: a card through a URL that is a secret',
  async () => {
    await follow('teams', shell, {});
    await until(() => teams.cards.length > 0);
    expect(teams.cards).toHaveLength(1);
    expect(teams.cards[0]).toMatchObject({
      body: [
        { text: 'sweep-7: FAILED' },
        { facts: [{ value: 'vision/translator' }, { value: 'ada' }, { title: 'When' }] },
      ],
      actions: [{ url: 'https://ml.example.com/runs/r7' }],
    });
  },
  60_000,
);

recipe(
  'Discord: a message that pings nobody through a URL that is a secret',
  async () => {
    await follow('discord', shell, { 'json answer': answers });
    await until(() => discord.messages.length >= 2);
    expect(discord.messages).toMatchObject([
      { content: 'Hello from Signalbox' },
      {
        content: '@everyone:v1 is in the registry',
        pings: false,
        embeds: [{ title: 'vision/wandb-registry-models/@everyone:v1' }],
      },
    ]);
  },
  60_000,
);

describe('a deployment', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'deploy-service.mjs');
  let said = '';

  function startService(): void {
    const env = { PORT: String(deployPort), DEPLOY_SIGNING: tokens.signing };
    service = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    service.stdout?.on('data', (chunk) => {
      said += chunk;
    });
  }

  /** The service is not there yet: an attempt that is noted has failed. */
  async function wasTried({ id, status }: Record<string, unknown>): Promise<boolean> {
    const { body } = await runtime.request('GET', `/v1/deliveries/${id}`);
    return status !== 'pending' || (body as { attempts: unknown[] }).attempts.length > 0;
  }

  const post = (body: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${deployPort}/models`, { method: 'POST', headers, body });

  recipe(
    'is never of an old model, when the service comes back',
    async () => {
      await follow('deployment', shell, {
        'js service': (text) => writeFileSync(file, text),
        'text deployed': async (text) => {
          await until(async () => (await Promise.all((await deliveries(2)).map(wasTried))).every(Boolean));
          startService();
          await until(() => said !== '');
          expect(said).toBe(text);
        },
        'json history': async (text) => {
          await until(async () => (await deliveries(2)).every(({ status }) => status !== 'pending'));
          const wanted: { facts: { artifact_version: string } }[] = JSON.parse(text);
          expect(await deliveries(2)).toMatchObject(wanted);
          expect(said.match(/deploying/g)).toHaveLength(1);
        },
      });
    },
    60_000,
  );

  recipe('is done once for a delivery that comes again, and for nobody else', async () => {
    const [delivery] = await deliveries(1);
    const path = `/v1/deliveries/${delivery!['id']}`;
    expect(await runtime.request('POST', `${path}/resend`)).toMatchObject({ status: 202 });
    await until(async () => (await deliveries(1))[0]!['status'] !== 'pending');
    const { body } = await runtime.request('GET', path);
    const { request, outcome } = (
      body as { attempts: { outcome: string; request: { headers: Record<string, string>; body: string } }[] }
    ).attempts.at(-1)!;
    expect(outcome).toBe('delivered');
    // The history's signatures are masked: whoever copies a request from there is nobody.
    expect((await post(request.body, request.headers)).status).toBe(401);
    expect((await post(request.body, {})).status).toBe(401);
    const signed = signatureHeaders({
      ...{ deliveryId: String(delivery!['id']), timestampSeconds: Math.floor(Date.now() / 1000) },
      ...{ body: request.body, secrets: [tokens.signing] },
    });
    expect((await post(request.body, signed)).status).toBe(200);
    expect((await post(request.body.replace('v5', 'v6'), signed)).status).toBe(401);
    expect(said.match(/deploying/g)).toHaveLength(1);
  });

  recipe(
    'is not made up for when it is too late for it',
    async () => {
      service?.kill('SIGKILL');
      const { body } = await runtime.request('GET', '/v1/automations?team=vision');
      const { automations } = body as { automations: { id: string; name: string }[] };
      const { id } = automations.find(({ name }) => name === 'deploy the recommender')!;
      // The first retry would come after five seconds.
      const delivery = { supersede: true, expires_after_seconds: 4 };
      expect(await runtime.request('PATCH', `/v1/automations/${id}`, { delivery })).toMatchObject({
        status: 200,
      });
      await sleep(2_100);
      await shell(`${
        blocksOf('deployment')
          .find(({ text }) => text.startsWith('production()'))
          ?.text.split('\nproduction 4')[0]
      }
      production 6`);
      await until(async () => (await deliveries(1))[0]!['status'] === 'skipped');
      expect(await deliveries(1)).toMatchObject([{ reason: 'expired', facts: { artifact_version: 'v6' } }]);
    },
    60_000,
  );
});

recipe('no answer, no history and no log shows a secret of the recipes', async () => {
  const paths = [
    '/v1/integrations?team=vision',
    '/v1/automations?team=vision',
    '/v1/deliveries?team=vision&limit=100',
  ];
  const histories = (await deliveries(100)).map(({ id }) => `/v1/deliveries/${id}`);
  expect(histories.length).toBeGreaterThan(8);
  const shown = await Promise.all([...paths, ...histories].map((path) => runtime.request('GET', path)));
  const all = JSON.stringify([shown, runtime.log]);
  const parts = Object.values(secrets).flatMap((secret) => [secret, secret.slice(-16)]);
  expect(parts.filter((part) => all.includes(part))).toEqual([]);
  expect(all).toContain('***');
});

test('every recipe is followed here', () => {
  const pages = readdirSync(join(import.meta.dirname, '../../docs/recipes'));
  expect(pages.sort()).toEqual(
    ['README', 'ci-webhook', 'deployment', 'discord', 'github', 'slack', 'teams']
      .map((name) => `${name}.md`)
      .sort(),
  );
});
