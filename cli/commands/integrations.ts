import { type CommandSpec, option } from '../command.ts';
import { findIntegration, type Integration, integrationsOf } from '../lookup.ts';
import { confirmed } from '../terminal/ask.ts';
import { integrationLines, stateNames, targetText } from '../terminal/integration-text.ts';
import { printDone, printList, printOne } from '../terminal/screen.ts';
import { badUsage } from '../trouble.ts';
import { forceOption, forceQuery, yesOption } from './deletion.ts';
import { testCommand } from './integration-test.ts';
import { switchTo } from './switch.ts';

export const integrationCommands: CommandSpec[] = [
  {
    usage: 'list',
    summary: "list a team's integrations",
    ofTeam: true,
    examples: [['where messages can go', 'integrations list --team vision']],
    run: async (session) => {
      const none = `Team ${session.team} has no integrations: signalbox integrations create --help`;
      printList(session.screen, await integrationsOf(session), columns, none);
    },
  },
  {
    usage: 'show <integration>',
    summary: 'show an integration, by its name or id',
    ofTeam: true,
    examples: [['one of them', 'integrations show receiver']],
    run: async (session, { args: [wanted = ''] }) => {
      const integration = await findIntegration(session, wanted);
      printOne(session.screen, integration, (one) => integrationLines(one, session.screen));
    },
  },
  {
    usage: 'create <name>',
    summary: 'make a webhook or a Slack channel that automations can use',
    details: `With --url or --url-secret it is a webhook, with --channel or --webhook-url-secret a Slack channel.
Secrets are named here; set their values before: signalbox secrets set <name>.`,
    options: [
      option('--url <url>', 'webhook: where to'),
      option('--url-secret <secret>', 'webhook: the secret that holds where to'),
      option('--method <method>', 'webhook: POST unless it says').choices(['POST', 'PUT', 'PATCH']),
      option('--header <name=value...>', 'webhook: a header to send'),
      option('--access-token-secret <secret>', 'webhook: sent as Authorization: Bearer'),
      option('--signing-secret <secret>', 'webhook: signs each request'),
      option('--grant <secret...>', 'webhook: secrets that payloads may name'),
      option('--channel <channel>', 'Slack: the channel, such as #ml-alerts'),
      option('--workspace <name>', 'Slack: the name of the workspace, for people'),
      option('--token-secret <secret>', 'Slack: a bot token (xoxb-…)'),
      option('--webhook-url-secret <secret>', 'Slack: the URL of an incoming webhook, instead of a token'),
    ],
    ofTeam: true,
    examples: [
      [
        'a signed webhook',
        'integrations create deploys --url https://ci.example.com/hook --signing-secret SIGNING',
      ],
      ['a Slack channel', "integrations create alerts --channel '#ml-alerts' --token-secret SLACK_TOKEN"],
    ],
    run: async ({ screen, connection, team }, { args: [name = ''], options }) => {
      const body = { team, name, ...inputOf(options) } as never;
      const { body: made } = await connection.call('createIntegration', { body });
      printDone(
        screen,
        made,
        `created  ${made.type} integration ${made.name}; try it: signalbox integrations test ${made.name}`,
      );
    },
  },
  {
    usage: 'enable <integration>',
    summary: 'send again through one that was disabled, by hand or because it failed for 5 days',
    ofTeam: true,
    examples: [['once it is mended', 'integrations enable receiver']],
    run: switchTo('integration', true),
  },
  {
    usage: 'disable <integration>',
    summary: 'send nothing through one: its deliveries are skipped until it is enabled',
    ofTeam: true,
    examples: [['while it is rebuilt', 'integrations disable receiver']],
    run: switchTo('integration', false),
  },
  {
    usage: 'delete <integration>',
    summary: 'delete an integration that no automation uses',
    options: [forceOption('also one that is used: those deliveries will fail'), yesOption()],
    ofTeam: true,
    examples: [['no longer needed', 'integrations delete receiver']],
    run: async (session, { args: [wanted = ''], options }) => {
      const { screen, connection } = session;
      const { id, name } = await findIntegration(session, wanted);
      if (!(await confirmed(screen, options, `Delete the integration ${name}?`))) return;
      await connection.call('deleteIntegration', {
        params: { id },
        query: forceQuery(options),
      });
      printDone(screen, { deleted: id, name }, `deleted  integration ${name}`);
    },
  },
  testCommand,
];

const columns = [
  { title: 'NAME', of: ({ name }: Integration) => name },
  { title: 'TYPE', isWhole: true, of: ({ type }: Integration) => type },
  { title: 'STATE', isWhole: true, of: ({ health }: Integration) => stateNames[health.state] },
  { title: 'TO', of: targetText },
  { title: 'ID', isWhole: true, of: ({ id }: Integration) => id },
];

/** The fields of the API that the options say; those of the other type are refused by the API, by their names there. */
function inputOf(options: Record<string, unknown>): object {
  const { url, urlSecret, method, header, accessTokenSecret, signingSecret, grant } = options;
  const { channel, workspace, tokenSecret, webhookUrlSecret } = options;
  const isWebhook = url !== undefined || urlSecret !== undefined;
  if (!isWebhook && channel === undefined && webhookUrlSecret === undefined) {
    throw badUsage('it goes nowhere', 'give --url for a webhook, or --channel for Slack');
  }
  const fields = {
    type: isWebhook ? 'webhook' : 'slack',
    ...{ url, url_secret: urlSecret, method, headers: headersOf(header), secrets: grant },
    ...{ access_token_secret: accessTokenSecret, signing_secret: signingSecret },
    ...{ channel, workspace, token_secret: tokenSecret, webhook_url_secret: webhookUrlSecret },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function headersOf(given: unknown): Record<string, string> | undefined {
  if (!Array.isArray(given)) return undefined;
  return Object.fromEntries(
    given.map((text: string) => {
      const at = text.indexOf('=');
      if (at < 1) throw badUsage(`--header ${text} is not name=value`);
      return [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
    }),
  );
}
