import { judgeReport, runAddressCorpus } from '../prove/addresses.ts';
import { addressCases } from '../prove/addresses-cases.ts';
import { isForbidden } from '../prove/addresses-ranges.ts';

jest.setTimeout(120_000);

test('of 2,500 URLs and DNS answers none leads to a forbidden address, and every public one is delivered', async () => {
  const report = await runAddressCorpus();
  const { lines, isWell } = judgeReport(report);
  // Printed whole when it fails.
  expect(isWell ? [] : lines).toEqual([]);
  expect(report.forbiddenConnections).toEqual([]);
  expect(report.wrong).toEqual([]);
  expect(report.bytesToWrongPeers).toBe(0);
  expect(report.publicDelivered).toBeGreaterThanOrEqual(400);
});

describe('the corpus itself', () => {
  test('is the same every time, and every case says why', () => {
    const cases = addressCases();
    expect(cases).toEqual(addressCases());
    expect(cases.filter(({ reason }) => reason === '')).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(2_500);
    expect(cases.filter(({ expect: expected }) => expected === 'blocked').length).toBeGreaterThan(1_500);
  });

  test('finds a connection that should not be: told to expect it, a listed address counts as forbidden', async () => {
    const wrong = {
      group: 'mutant',
      url: 'http://10.0.0.1/',
      allowed: '10.0.0.0/8',
      reason: 'listed',
    } as const;
    const { connections, wrong: found } = await runAddressCorpus([{ ...wrong, expect: 'blocked' }]);
    expect({ connections, found }).toEqual({
      connections: 1,
      found: [expect.stringContaining('ended as delivered, not as blocked')],
    });
  });

  test.each([
    ['10.0.0.1', '', true],
    ['10.0.0.1', '10.0.0.0/8', false],
    ['169.254.169.254', '0.0.0.0/0', true],
    ['8.8.8.8', '', false],
    ['2606:4700::1', '', true],
    ['fd12::1', 'fd12::/16', false],
    ['fd00:ec2::254', '::/0', true],
  ])('its own judgement of %s with the list "%s"', (ip, allowed, expected) => {
    expect(isForbidden(ip, allowed)).toBe(expected);
  });
});
