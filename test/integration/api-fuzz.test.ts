import { fuzz } from '../fuzz/schemathesis.ts';
import { cleanUp, startLocalRuntime } from '../support/local-runtime.ts';
import { testNeeding } from '../support/needs.ts';

afterAll(cleanUp);

// The short form of `npm run fuzz:api`.
testNeeding('schemathesis')(
  'no request that Schemathesis makes of the document is answered by a 5xx or by what the document does not say',
  async () => {
    const runtime = await startLocalRuntime();
    const { requests, failures, report } = await fuzz(runtime, {
      phases: ['fuzzing'],
      examples: 10,
      seed: 1,
    });
    expect([failures, failures === 0 ? '' : report]).toEqual([0, '']);
    expect(requests).toBeGreaterThan(300);
    expect(runtime.log.filter(({ stage }) => stage === 'error')).toEqual([]);
  },
  180_000,
);
