import { type CommandInput, type CommandSpec, option } from '../command.ts';
import { type Answer, Refusal } from '../connection.ts';
import { type ReadEvent, readEvents } from '../events/read-events.ts';
import { findAutomation } from '../lookup.ts';
import type { Session } from '../session.ts';
import { requestLines } from '../terminal/attempt-text.ts';
import { plain } from '../terminal/plain-text.ts';
import { printOne, type Screen } from '../terminal/screen.ts';
import { badUsage } from '../trouble.ts';
import { readAutomation } from './automation-file.ts';

type Result = Answer<'testAutomation'>['body'];
type Fired = Result['fired'][number];
type NotFired = Result['not_fired'][number];

export const automationTestCommand: CommandSpec = {
  usage: 'test [automation]',
  summary: 'try an automation on events: when would it fire, and why not',
  details: `Nothing is sent and nothing is stored. The automation is a saved one, or one in a file that need
not be saved; the events are in a file or on standard input, as for "events send".`,
  options: [
    option('-f, --file <path>', 'an automation that need not be saved'),
    option('-e, --events <file>', 'the events, or - for standard input').default('-'),
  ],
  ofTeam: true,
  examples: [
    ['a saved one on a recorded run', 'automations test loss-is-low --events run.ndjson'],
    ['a new one', 'automations test -f loss-is-low.yaml --events run.ndjson'],
  ],
  run: test,
};

async function test(session: Session, { args: [wanted], options }: CommandInput): Promise<void> {
  const { screen, connection } = session;
  if ((wanted === undefined) === (options['file'] === undefined)) {
    throw badUsage('name one automation, saved or in a file', 'see signalbox automations test --help');
  }
  if (options['file'] === '-' && options['events'] === '-') {
    throw badUsage('standard input can not be both', 'give the events as a file: --events run.ndjson');
  }
  const tried =
    wanted === undefined
      ? { automation: await readAutomation(session, options['file']) }
      : { automation_id: (await findAutomation(session, wanted)).id };
  const events = await readEvents(options['events']);
  const body = { ...tried, events: events.map(({ event }) => event) };
  const answer = await connection.call('testAutomation', { body }).catch((error: unknown) => {
    throw withLine(error, events);
  });
  printOne(screen, answer.body, (result) => resultLines(result, events, screen));
}

/** A refusal that names an event by its place names its line as well. */
function withLine(error: unknown, events: ReadEvent[]): unknown {
  if (!(error instanceof Refusal)) return error;
  const [, at, field = ''] = /^events\.(\d+)\.?(.*)$/.exec(error.problem.field ?? '') ?? [];
  if (at === undefined) return error;
  const place = `line ${events[Number(at)]?.line ?? '?'}${field && `: ${field}`}`;
  return new Refusal(error.status, { ...error.problem, field: place });
}

function resultLines(result: Result, events: ReadEvent[], screen: Screen): string[] {
  const { fired, not_fired, counts, truncated } = result;
  const placeOf = ({ event }: Fired | NotFired) =>
    event === null ? 'silence' : `line ${events[event]?.line}`;
  const sections = [
    ...fired.flatMap((one) => firedLines(one, placeOf(one), screen)),
    ...not_fired.map((one) => notFiredLine(one, placeOf(one), screen)),
  ];
  const times = counts['fired'] ?? 0;
  const summary = `It would fire ${times === 1 ? 'once' : `${times} times`}.`;
  return [
    ...sections,
    ...(truncated ? ['There is more; --json counts all of it.'] : []),
    ...(sections.length > 0 ? [''] : []),
    summary,
  ];
}

function firedLines({ run, status, request, problem }: Fired, place: string, { paint }: Screen): string[] {
  const what = [run && `run ${run}`, status].filter(Boolean).join(': ');
  return [
    `${paint('green', 'fires')}  ${plain([place, what].filter(Boolean).join('  '))}`,
    ...(problem ? [`  ${plain(`can not be sent: ${problem}`)}`] : []),
    ...(request ? requestLines(request) : []),
  ];
}

function notFiredLine(
  { text, count, first_step: first, last_step: last }: NotFired,
  place: string,
  { paint }: Screen,
): string {
  const steps = first === undefined ? '' : first === last ? `, step ${first}` : `, steps ${first} to ${last}`;
  const values = count > 1 ? ` (${count} values)` : '';
  return `${paint('dim', 'not  ')}  ${plain(`${place}${steps}  ${text}${values}`)}`;
}
