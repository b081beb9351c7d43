import type { Answer, Listed } from '../connection.ts';
import { attemptLines, painted } from './attempt-text.ts';
import { fieldLines } from './fields.ts';
import type { ListColumn, Screen } from './screen.ts';
import { shortTime } from './time.ts';

type Delivery = Listed<'listDeliveries', 'deliveries'>;
type FullDelivery = Answer<'readDelivery'>['body'];

export const deliveryColumns = (screen: Screen): ListColumn<Delivery>[] => [
  { title: 'FIRED', isWhole: true, of: ({ created_at }) => shortTime(created_at) },
  {
    title: 'STATUS',
    isWhole: true,
    of: ({ status }) => status,
    painted: (shown, status) => painted(status, screen, shown),
  },
  { title: 'AUTOMATION', mayGoBelow: true, of: automationText },
  { title: 'ABOUT', mayGoBelow: true, of: aboutText },
  { title: 'ID', isWhole: true, of: ({ id }) => id },
];

export function deliveryLines(delivery: FullDelivery, screen: Screen): string[] {
  const { id, automation, integration, revision, team, status, reason, attempts } = delivery;
  const fields = fieldLines(
    [
      ['id', id],
      ['team', team],
      [
        'automation',
        delivery.test
          ? 'none: a test call'
          : `${automationText(delivery)} (${automation}, revision ${revision})`,
      ],
      ['integration', integration],
      ['about', aboutText(delivery)],
      ['fired', shortTime(delivery.created_at)],
      ['sent again', shortTime(delivery.resent_at)],
      ['reason', reason],
      ['next try', shortTime(delivery.due_at)],
      ['being tried since', shortTime(delivery.trying_since)],
      ['waits for its integration', delivery.waits],
    ],
    screen,
  );
  const earlier = delivery.earlier_attempts;
  return [
    painted(status, screen),
    ...fields,
    ...(earlier === null ? [] : ['', `attempts before ${earlier} are kept and not shown here`]),
    ...attempts.flatMap((attempt) => ['', ...attemptLines(attempt, screen)]),
  ];
}

const text = (value: unknown) => (value === undefined || value === null ? '' : String(value));

function automationText({ facts, notice }: Delivery): string {
  return notice ? '' : text(facts['automation_name']);
}

/** What happened, from the facts of a firing. */
function aboutText({ facts, digest, notice }: Delivery): string {
  if (notice) return `integration ${notice.name} was disabled: ${notice.reason}`;
  if (digest) return `${digest.firings ?? 'the'} firings held back in a minute`;
  const fact = (name: string) => text(facts[name]);
  if (fact('metric_current_status')) return `${fact('run_name')}: ${fact('metric_current_status')}`;
  if (fact('run_status')) return `${fact('run_name')} is ${fact('run_status')}`;
  const about = fact('artifact_version_string') || fact('artifact_collection_name') || fact('event_type');
  return [about, fact('alias') || fact('tag')].filter(Boolean).join(' ');
}
