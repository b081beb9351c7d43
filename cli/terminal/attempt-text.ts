import type { Answer } from '../connection.ts';
import { indented } from './fields.ts';
import { plain } from './plain-text.ts';
import type { Screen, Style } from './screen.ts';
import { shortDuration, shortTime } from './time.ts';

type Attempt = Answer<'readDelivery'>['body']['attempts'][number];

const styles: Record<string, Style> = {
  delivered: 'green',
  failed: 'red',
  refused: 'red',
  unknown: 'yellow',
  skipped: 'yellow',
  pending: 'cyan',
};

/** A status or an outcome in its colour. */
export function painted(status: string, { paint }: Pick<Screen, 'paint'>, shown = status): string {
  const style = styles[status];
  return style === undefined ? shown : paint(style, shown);
}

/** One attempt: when, how it went, what was sent and what came back. */
export function attemptLines(attempt: Attempt, screen: Screen): string[] {
  const { number, started_at, duration_ms, outcome, request, response } = attempt;
  const took = duration_ms === undefined ? '' : `, ${shortDuration(duration_ms)}`;
  return [
    `attempt ${number}  ${painted(outcome, screen)}${answerText(attempt)}  ${shortTime(started_at)}${took}`,
    ...(request ? requestLines(request) : []),
    ...(response ? ['  response:', ...indented(response, '    ')] : []),
  ];
}

function answerText({ http_status, code, answered, slack_error }: Attempt): string {
  const said = [http_status, code, answered && `answered ${answered}`, slack_error].filter(
    (part) => part !== undefined,
  );
  return said.length > 0 ? ` (${plain(said.join(', '))})` : '';
}

/** A request as it went out, or would: with its secrets masked. */
export function requestLines({ method, url, headers, body }: NonNullable<Attempt['request']>): string[] {
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    `  ${plain(`${method} ${url}`)}`,
    ...named.map((line) => `    ${plain(line)}`),
    ...indented(body, '    '),
  ];
}
