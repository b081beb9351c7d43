import type { Cloud } from '../support/ministack.ts';
import type { Deployment } from './deployment.ts';
import { invokeThrottled, lambdaSum, logged } from './lambda-metrics.ts';
import { breakDown, hold, sweepNow } from './outage.ts';
import type { World } from './world.ts';

const sweeper = 'SweepingSweeperFunction';

/**
 * The alarms whose cause needs a deployment: each is provoked, and what it looks at moves. Those on our own metrics and
 * on dead letters are in test/integration/alarms.test.ts and among the deployment's other tests.
 */
export function alarmsSee(deployed: () => { cloud: Cloud; deployment: Deployment; world: World }): void {
  const sum = (name: string) => {
    const { cloud, deployment } = deployed();
    return lambdaSum(cloud, deployment, sweeper, name);
  };

  test('function-crashes, sweeper-silent: a sweep without its table crashes, and counts as no sweep', async () => {
    const { cloud, deployment } = deployed();
    const countSweeps = () => logged(cloud, deployment, 'SweepingSweeper', '"Sweeps":1');
    const outage = await breakDown(cloud, deployment, 'matcher');
    const [crashes, sweeps] = [await sum('Errors'), await countSweeps()];
    await expect(sweepNow(cloud, deployment)).rejects.toThrow(/the sweeper failed/);
    expect(await sum('Errors')).toBeGreaterThan(crashes);
    expect(await countSweeps()).toBe(sweeps);
    await outage.healConsumer();
    await outage.healSweeper();
    await sweepNow(cloud, deployment);
    expect(await countSweeps()).toBeGreaterThan(sweeps);
  });

  test('function-throttles: what Lambda may not run is a throttle', async () => {
    const { cloud, deployment } = deployed();
    const before = await sum('Throttles');
    await invokeThrottled(cloud, deployment, sweeper);
    expect(await sum('Throttles')).toBeGreaterThan(before);
  });

  test.each([
    ['events-queue-age', 'matcher'],
    ['deliveries-queue-age', 'dispatcher'],
  ] as const)('%s: a message grows old while the %s does not take it', async (alarm, consumer) => {
    const { cloud, deployment, world } = deployed();
    const before = world.arrivals('linked').length;
    const held = await hold(cloud, deployment, consumer);
    const linked = { registry: 'models', collection: { name: 'detector' }, version: 'v3' };
    await world.post({ type: 'artifact.linked', id: alarm, ...linked });
    try {
      await held.untilOldest(2_000);
      expect(world.arrivals('linked')).toHaveLength(before);
    } finally {
      await held.release();
    }
    expect(await world.arrived('linked', before + 1)).toHaveLength(before + 1);
  });
}
