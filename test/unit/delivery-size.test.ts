import type { PutCommand } from '@aws-sdk/lib-dynamodb';
import { itemBytes } from '../../bench/cost/item-size.ts';
import type { Delivery } from '../../core/delivery.ts';
import { derivedId, randomId } from '../../core/id.ts';
import type { Table } from '../../store/client.ts';
import { putDelivery, toDelivery } from '../../store/deliveries.ts';
import { firings } from '../support/firings.ts';

const action = { type: 'webhook', integration: randomId('int'), payload: { run: '${run_name}' } } as const;

function aFiring(facts: Delivery['facts']): Delivery {
  const [id, automationId] = [derivedId('dlv', 'x'), randomId('aut')];
  return {
    ...{ id, automationId, revision: 12, team: 'vision', action: 'webhook' },
    integrationId: action.integration,
    facts: { ...facts, automation_name: 'loss is low', delivery_id: id, automation_id: automationId },
    ...{ receivedAtMs: 1_795_500_000_123, createdAtMs: 1_795_500_000_456, depth: 0 },
  };
}

async function stored(delivery: Delivery) {
  const items: PutCommand['input']['Item'][] = [];
  const send = async ({ input }: PutCommand) => items.push(input.Item);
  const table = { name: 't', client: { send } } as unknown as Table;
  await putDelivery(table, delivery, 1_795_500_000_456);
  return items[0] as { pk: string; sk: string };
}

test.each(Object.entries(firings))(
  'the delivery of %s is one write unit, also while it is leased',
  async (_event, factsFor) => {
    const item = await stored(aFiring(factsFor(action)));
    const leased = { ...item, leaseToken: 'abcdefghijkl', leasedAtMs: 1_795_500_000_789 };
    expect(itemBytes(leased)).toBeLessThan(1_024);
  },
);

test('what is not stored is there again when it is read', async () => {
  const delivery = aFiring({ metric_name: 'loss', data: { delivery_id: derivedId('dlv', 'x') } });
  expect(toDelivery(await stored(delivery))).toMatchObject(delivery);
  // A digest shows the facts of one of the firings that it stands for, and so their id.
  const other = { ...delivery, id: 'dlv_digest' };
  expect(toDelivery(await stored(other))).toMatchObject(other);
});
