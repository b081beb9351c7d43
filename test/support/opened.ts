import { type EventMessage, openEvent, openPoints } from '../../core/event-message.ts';
import { valuesOf } from '../../core/metrics/points.ts';

/** An event of a message as it was posted: its points put together again. */
export function openedEvent(message: EventMessage, at = 0): object {
  const route = message.routes[at];
  if (!route) return {};
  const event = openEvent(message, route);
  if (event.type !== 'run.metrics') return event;
  const points = openPoints(message, route);
  const columns = points.metrics.map((metric) => [metric, valuesOf(points, metric)] as const);
  const toPoint = (step: number | null, place: number) => {
    const values = columns.map(([metric, column]) => [metric, column?.[place] ?? null] as const);
    const time = points.times?.[place];
    return {
      ...(step !== null && { step }),
      ...(time && { time }),
      metrics: Object.fromEntries(values.filter(([, value]) => value !== null)),
    };
  };
  return { ...event, points: points.steps.map(toPoint) };
}
