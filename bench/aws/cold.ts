import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { DeployedStack, physicalIdOf } from '../../bin/deployed-stack.ts';
import { type Ground, type Measured, need, percentile } from './ground.ts';

const TIMES = 10;
const FUNCTION = 'IngestionIngestFunction';

/**
 * What a cold ingest function adds to a request: another environment makes Lambda begin anew, and the next request pays
 * for it. Its environment is put back in the end.
 */
export async function measureColdStart(ground: Ground, stage: string): Promise<Measured[]> {
  const stack = new DeployedStack(stage);
  const FunctionName = physicalIdOf(await stack.resources(), FUNCTION);
  if (FunctionName === undefined)
    throw new Error(`there is no function ${FUNCTION} in a stack ${stack.name}`);
  const lambda = new LambdaClient({});
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const beginAnew = async (more: Record<string, string>) => {
    const Variables = { ...Environment?.Variables, ...more };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
  };
  const [cold, warm]: [number[], number[]] = [[], []];
  try {
    for (let time = 0; time < TIMES; time++) {
      await beginAnew({ BENCH_COLD_START: String(time) });
      cold.push(await timedPost(ground));
      warm.push(await timedPost(ground));
    }
  } finally {
    await beginAnew({});
    lambda.destroy();
  }
  const [p50, warm50] = [percentile(cold, 50), percentile(warm, 50)];
  return [
    { what: `POST /v1/events, cold, p50 of ${TIMES}`, value: p50, unit: 'ms' },
    { what: `the next one, warm, p50 of ${TIMES}`, value: warm50, unit: 'ms' },
    { what: 'cold / warm', value: p50 / warm50, unit: '×' },
  ];
}

async function timedPost({ call, team }: Ground): Promise<number> {
  const beganAt = performance.now();
  need('postEvents', await call('postEvents', { body: { type: 'custom.cold', team, data: {} } }));
  return performance.now() - beganAt;
}
