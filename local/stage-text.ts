/** A line that a function logged about one stage. */
export type StageLine = { stage: string; durationMs?: number } & Record<string, unknown>;

export type Tone = 'green' | 'yellow' | 'red' | 'cyan' | 'gray';

export interface StageText {
  label: string;
  tone: Tone;
  text: string;
}

const text = (value: unknown): string =>
  Array.isArray(value) ? value.map(text).join(' ') : String(value ?? '');
const count = (value: unknown, one: string, many = `${one}s`) => `${value} ${value === 1 ? one : many}`;
const joined = (...parts: (string | false)[]) => parts.filter(Boolean).join(' · ');
const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function ids(value: unknown, shown = 3): string {
  const all = listed(value).map(text);
  return all.length > shown ? `${all.slice(0, shown).join(' ')} …` : all.join(' ');
}

function types(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  const counts = Object.entries((value ?? {}) as Record<string, number>);
  return counts.map(([type, number]) => (number === 1 ? type : `${type} ×${number}`)).join(', ');
}

/** A firing as the matcher logs it: which automation, and the value that met its bound, if it has one. */
function firing(fired: unknown): string {
  const { id, automation, value, step } = (fired ?? {}) as Record<string, unknown>;
  const values = value === undefined ? '' : ` at ${text(value)}, step ${text(step)}`;
  return `${text(id)} "${text(automation)}"${values}`;
}

function matched(line: StageLine): StageText {
  const fired = listed(line['fired']);
  const firedCount = line['firedCount'] ?? fired.length;
  const watching = line['watching'] === 0 ? 'nobody watches' : `${line['watching']} watching`;
  return {
    label: 'matched',
    tone: firedCount === 0 ? 'gray' : 'green',
    text: joined(
      `${text(line['subject'])} ${types(line['types'])}`,
      watching,
      firedCount !== 0 && `${firedCount} fired → ${ids(fired.map(firing))}`,
    ),
  };
}

function attempted(line: StageLine): StageText {
  const isDelivered = line['status'] === 'delivered';
  return {
    label: text(line['status'] === 'pending' ? 'retrying' : line['status']),
    tone: isDelivered ? 'green' : 'yellow',
    text: joined(
      `${text(line['deliveryId'])} "${text(line['automation'])}"`,
      `attempt ${line['attempt']}: ${text(line['httpStatus'] ?? line['code'] ?? line['outcome'])}`,
      line['retryAt'] !== undefined && `again at ${text(line['retryAt'])}`,
      line['lagMs'] !== undefined && `${line['lagMs']} ms after its event`,
    ),
  };
}

function swept(line: StageLine): StageText | undefined {
  const {
    deliveries = 0,
    runs = 0,
    failed = 0,
  } = line as { deliveries?: number; runs?: number; failed?: number };
  if (deliveries + runs + failed === 0) return undefined;
  const failures = failed > 0 && `${failed} failed`;
  return {
    label: 'swept',
    tone: failed > 0 ? 'red' : 'cyan',
    text: joined(`${count(deliveries, 'delivery', 'deliveries')} again`, count(runs, 'run'), failures),
  };
}

function disabled(line: StageLine): StageText {
  const why =
    line['reason'] === 'gone' ? 'its receiver is gone for good' : text(line['reason']).replaceAll('_', ' ');
  const told = line['toldThrough'];
  return {
    label: 'disabled',
    tone: 'red',
    text: joined(
      `${text(line['integrationId'])} "${text(line['name'])}" of ${text(line['team'])}`,
      why,
      told === undefined ? 'no other integration to tell its team by' : `its team is told by ${text(told)}`,
    ),
  };
}

function advanced(line: StageLine): StageText {
  const { matched = 0, resent = 0, passedOver = 0, phase, stopped } = line;
  return {
    label: 'resending',
    tone: phase === 'done' && stopped === undefined ? 'green' : 'yellow',
    text: joined(
      `${text(line['resendId'])} of ${text(line['automationId'])}`,
      `${text(resent)} of ${text(matched)} sent again`,
      passedOver !== 0 && `${text(passedOver)} passed over`,
      stopped === undefined ? text(phase) : `stopped: ${text(stopped).replaceAll('_', ' ')}`,
    ),
  };
}

/** How each stage reads; undefined for a line that says nothing happened. */
const stages: Record<string, (line: StageLine) => StageText | undefined> = {
  'event.received': (line) => ({
    label: 'received',
    tone: 'cyan',
    text: joined(
      `${ids(line['eventIds'])} ${types(line['types'])}`,
      line['points'] !== 0 && count(line['points'], 'point'),
      line['refused'] !== 0 && `${line['refused']} refused`,
    ),
  }),
  'event.matched': matched,
  'delivery.attempted': attempted,
  'delivery.skipped': (line) => ({
    label: text(line['status'] ?? 'skipped'),
    tone: line['status'] === 'failed' ? 'red' : 'yellow',
    text: joined(`${text(line['deliveryId'])} ${text(line['automation'])}`.trim(), text(line['reason'])),
  }),
  'delivery.waiting': (line) => ({
    label: 'waiting',
    tone: 'yellow',
    text: joined(
      `${text(line['deliveryId'])} "${text(line['automation'])}"`,
      `for ${text(line['integrationId'])}, ${count(line['waits'], 'time')}`,
      `until ${text(line['until'])}`,
    ),
  }),
  'integration.disabled': disabled,
  'resend.advanced': advanced,
  'deliveries.cleared': (line) => ({
    label: 'cleared',
    tone: 'yellow',
    text: `${count(line['messages'], 'message')} of deliveries taken off the dead-letter queue`,
  }),
  'sweep.done': swept,
  'events.redriven': (line) => ({
    label: 'redriven',
    tone: 'yellow',
    text: `${count(line['messages'], 'message')} back from the dead-letter queue`,
  }),
  'change.saved': (line) => ({
    label: Number(line['status']) < 400 ? 'changed' : 'refused',
    tone: 'cyan',
    text: `${text(line['method'])} ${text(line['path'])} ${text(line['status'])}`,
  }),
  'request.refused': (line) => ({
    label: 'refused',
    tone: 'yellow',
    text: joined(
      `${text(line['method'])} ${text(line['path'])} ${text(line['status'])} ${text(line['code'])}`,
      `${text(line['field'])} ${text(line['detail'])}`.trim(),
    ),
  }),
  error: (line) => ({
    label: 'error',
    tone: 'red',
    text: text(line['stack'] ?? `${line['name']}: ${line['message']}`),
  }),
};

/** What a stage's line says to a reader; undefined when it says that nothing happened. */
export function stageText(line: StageLine): StageText | undefined {
  const stage = Object.hasOwn(stages, line.stage) ? stages[line.stage] : undefined;
  if (stage) return stage(line);
  const { stage: label, durationMs: _, ...fields } = line;
  return {
    label,
    tone: 'gray',
    text: Object.entries(fields)
      .map(([name, value]) => `${name} ${text(value)}`)
      .join(' '),
  };
}
