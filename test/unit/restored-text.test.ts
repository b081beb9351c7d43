import { restoredLines } from '../../bin/restored-text.ts';
import type { Restored } from '../../store/restore.ts';
import type { Called } from '../../store/taken-names.ts';

const told = (change: Partial<Restored> = {}, isDryRun = false) =>
  restoredLines(
    { found: 9, missing: 2, passedOver: [], withoutIntegration: [], revoked: [], inForce: [], ...change },
    { from: 'copy', isDryRun },
  );
const called = (noun: Called['noun'], name: string): Called => ({
  noun,
  id: `${noun.slice(0, 3)}_${name}`,
  team: 'vision',
  name,
});

test('a restore says how much came back, or would', () => {
  expect(told()).toEqual(['9 items of configuration in copy, 2 of them missing and brought back']);
  expect(told({}, true)).toEqual(['9 items of configuration in copy, 2 of them missing']);
});

test('a restore names what it passed over, and what it brought back without its integration', () => {
  const passedOver = [called('automation', 'low'), called('integration', 'ci'), called('automation', 'high')];
  expect(told({ passedOver, withoutIntegration: [called('automation', 'late')] }).slice(1)).toEqual([
    'passed over: 2 automations whose name is taken by one made meanwhile',
    '  team vision: high (aut_high)',
    '  team vision: low (aut_low)',
    'passed over: 1 integration whose name is taken by one made meanwhile',
    '  team vision: ci (int_ci)',
    'to be mended: 1 automation that sent to an integration passed over',
    '  team vision: late (aut_late)',
  ]);
});

test('a restore names the keys that are in force again, and those that stay revoked', () => {
  const revoked = [{ id: 'key_1', team: 'vision', name: 'leaked', role: 'sender' }] as const;
  const inForce = [{ id: 'key_2', team: undefined, name: 'Ada', role: 'org_admin' }] as const;
  expect(told({ revoked: [...revoked], inForce: [...inForce] }).slice(1)).toEqual([
    'left out: 1 key revoked since then, as the audit list says',
    '  team vision: leaked (key_1, sender)',
    'in force again: 1 key; "signalbox keys revoke <key>" takes one out of force',
    '  no team: Ada (key_2, org_admin)',
  ]);
});
