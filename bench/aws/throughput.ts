import { type Ground, type Measured, need, percentiles } from './ground.ts';

const EVENTS_A_REQUEST = 100;
const RUNS = 200;

/** Requests of a hundred metric events that nobody watches, from many runs, as fast as so many senders get answers. */
export async function measureThroughput(
  { call, team }: Ground,
  { seconds, senders }: { seconds: number; senders: number },
): Promise<Measured[]> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const sender = async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const body = eventsOf(team, sent++);
      const beganAt = performance.now();
      need('postEvents', await call('postEvents', { body }));
      latencies.push(performance.now() - beganAt);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  const value = (latencies.length * EVENTS_A_REQUEST) / elapsedSeconds;
  return [
    { what: `events taken by ${senders} senders, ${EVENTS_A_REQUEST} a request`, value, unit: 'events/s' },
    ...percentiles('POST /v1/events under that load', latencies),
  ];
}

function eventsOf(team: string, request: number) {
  return Array.from({ length: EVENTS_A_REQUEST }, (_, at) => ({
    type: 'run.metrics' as const,
    team,
    project: 'load',
    run: { id: `run-${request % RUNS}` },
    points: [{ step: Math.floor(request / RUNS) * EVENTS_A_REQUEST + at, metrics: { loss: Math.random() } }],
  }));
}
