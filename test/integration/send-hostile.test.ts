import { execFile } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { promisify } from 'node:util';
import type { HostileReport } from '../prove/hostile.ts';
import { hostileCases, isEndedByDeadline } from '../prove/hostile-cases.ts';

jest.setTimeout(180_000);

const MB = 1_000_000;

/** A machine with more to do than it has cores for makes every timer late. */
const isUnderLoad = (loadavg()[0] ?? 0) > availableParallelism() * 1.5;

let report: HostileReport;
beforeAll(async () => {
  // V8's space for young objects, which grows with any load, would hide what is looked for.
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, 'test/prove/hostile.ts'], {
    maxBuffer: 16 * MB,
  });
  report = JSON.parse(stdout);
});

test('there are over 200 kinds of hostile receivers, and over 100 that only the deadline stops', () => {
  const cases = hostileCases();
  expect(cases.filter(({ group }) => group !== 'status').length).toBeGreaterThanOrEqual(400);
  expect(cases.filter(isEndedByDeadline).length).toBeGreaterThanOrEqual(80);
  expect(report.cases).toBe(cases.length);
  expect(new Set(cases.map(({ group, name }) => `${group}: ${name}`)).size).toBe(cases.length);
});

test('every attempt ends as it should', () => {
  expect(report.wrong).toEqual([]);
});

test('every attempt ends within the deadline and 250 ms', () => {
  expect(report.worstOverrunMs).toBeLessThan(250 * (isUnderLoad ? 4 : 1));
});

test('what ends by itself does so long before the deadline', () => {
  expect(report.late).toEqual([]);
});

test('memory grows by less than 32 MB', () => {
  expect(report.peakRssBytes).toBeLessThan(32 * MB);
  expect(report.grownBytes.rss).toBeLessThan(32 * MB);
  expect(report.grownBytes.heap + report.grownBytes.outside).toBeLessThan(8 * MB);
});

test('nothing is left over: no rejection, no socket, no lookup, no timer, on neither side', () => {
  expect(report.unhandled).toEqual([]);
  expect(report.leftOver).toEqual([]);
  expect(report.receivers.openSockets).toBe(0);
});

test('nobody follows a redirect', () => {
  expect(report.receivers.trapConnections).toBe(0);
});
