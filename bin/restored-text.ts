import type { Restored } from '../store/restore.ts';
import type { RestoredKey } from '../store/restored-keys.ts';
import type { Called } from '../store/taken-names.ts';

/** What a restore tells the operator: how much there was, and all that needs a look. */
export function restoredLines(
  { found, missing, passedOver, withoutIntegration, revoked, inForce }: Restored,
  { from, isDryRun }: { from: string; isDryRun: boolean },
): string[] {
  const done = isDryRun ? '' : ' and brought back';
  return [
    `${found} items of configuration in ${from}, ${missing} of them missing${done}`,
    ...(['automation', 'integration'] as const).flatMap((noun) =>
      block(
        passedOver.filter((one) => one.noun === noun).map(nameLine),
        (count) => `passed over: ${counted(count, noun)} whose name is taken by one made meanwhile`,
      ),
    ),
    ...block(
      withoutIntegration.map(nameLine),
      (count) => `to be mended: ${counted(count, 'automation')} that sent to an integration passed over`,
    ),
    ...block(
      revoked.map(keyLine),
      (count) => `left out: ${counted(count, 'key')} revoked since then, as the audit list says`,
    ),
    ...block(
      inForce.map(keyLine),
      (count) =>
        `in force again: ${counted(count, 'key')}; "signalbox keys revoke <key>" takes one out of force`,
    ),
  ];
}

function block(lines: string[], headOf: (count: number) => string): string[] {
  return lines.length === 0 ? [] : [headOf(lines.length), ...lines.sort().map((line) => `  ${line}`)];
}

const nameLine = ({ team, name, id }: Called) => `team ${team}: ${name} (${id})`;

const keyLine = ({ team, name, id, role }: RestoredKey) =>
  `${team === undefined ? 'no team' : `team ${team}`}: ${name} (${id}, ${role})`;

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
