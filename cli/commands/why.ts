import { type CommandInput, type CommandSpec, option } from '../command.ts';
import type { Answer } from '../connection.ts';
import { findAutomation } from '../lookup.ts';
import type { Session } from '../session.ts';
import { plain } from '../terminal/plain-text.ts';
import { printOne, type Style } from '../terminal/screen.ts';
import { wrapped } from '../terminal/wrap.ts';

type Verdict = Answer<'explainAutomation'>['body']['sentences'][number]['verdict'];

export const whyCommand: CommandSpec = {
  usage: 'why <automation>',
  summary: 'say why an automation does or does not fire',
  details: 'With a run, also how full its windows are, its value against the bound, and what holds it back.',
  options: [
    option('--run <run>', 'the id of a run'),
    option('--project <project>', "its project, where the automation's scope does not say it"),
    option('--run-team <team>', 'its team, where the scope is the organization'),
  ],
  ofTeam: true,
  examples: [
    ['in general', 'why loss-is-low'],
    ['for a run', 'why loss-is-low --run r1'],
  ],
  run: why,
};

const marks: Record<Verdict, { mark: string; style: Style }> = {
  stops: { mark: '✗', style: 'red' },
  look: { mark: '!', style: 'yellow' },
  fine: { mark: '✓', style: 'green' },
};

async function why(session: Session, { args: [wanted = ''], options }: CommandInput): Promise<void> {
  const { connection, screen } = session;
  const { id } = await findAutomation(session, wanted);
  const { run, project, runTeam: team } = options;
  const given = Object.entries({ run, project, team }).filter(([, value]) => value !== undefined);
  const { body } = await connection.call('explainAutomation', {
    params: { id },
    query: Object.fromEntries(given),
  });
  printOne(screen, body, ({ sentences }) =>
    sentences.flatMap(({ verdict, text }) => {
      const { mark, style } = marks[verdict];
      const [first = '', ...rest] = wrapped(plain(text), (screen.width ?? Number.POSITIVE_INFINITY) - 2);
      return [`${screen.paint(style, mark)} ${first}`, ...rest.map((line) => `  ${line}`)];
    }),
  );
}
