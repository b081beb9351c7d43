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
  testTimeout: 30_000,
};
