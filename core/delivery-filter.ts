import type { Delivery, DeliveryStatus } from './delivery.ts';

/** What deliveries of the history are chosen by, beside whose they are and when they were made. */
export interface DeliveryFilter {
  run?: string | undefined;
  collection?: string | undefined;
  status?: DeliveryStatus | undefined;
  integration?: string | undefined;
}

export function isChoosing(filter: DeliveryFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

export function isChosen(
  { run, collection, status, integration }: DeliveryFilter,
  delivery: Pick<Delivery, 'facts' | 'integrationId'> & { status: DeliveryStatus },
): boolean {
  const { run_id: ofRun, artifact_collection_name: ofCollection } = delivery.facts;
  return (
    (run === undefined || run === ofRun) &&
    (collection === undefined || collection === ofCollection) &&
    (status === undefined || status === delivery.status) &&
    (integration === undefined || integration === delivery.integrationId)
  );
}
