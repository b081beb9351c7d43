const project = (name, options = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { '\\.(ts|mjs)$': '<rootDir>/test/support/esbuild-transform.cjs' },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/.signalbox/'],
  ...options,
});

export default {
  projects: [
    project('unit'),
    project('oracle'),
    project('simulator'),
    project('infra'),
    project('integration', { setupFiles: ['<rootDir>/test/support/checked-fetch.ts'] }),
    project('localstack', { slowTestThreshold: 30 }),
    project('upgrade', { slowTestThreshold: 120 }),
  ],
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  // Two cores, and the integration suites start processes of their own.
  maxWorkers: 2,
  // Not the half second of jest: a worker of half a gigabyte takes a sixth of that to go on an idle machine, all of it on
  // a busy one, and was then reported as one whose tests leak. One that does leak never goes, and is still reported.
  workerGracefulExitTimeout: 5_000,
  testTimeout: 30_000,
};
