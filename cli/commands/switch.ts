import type { CommandSpec } from '../command.ts';
import { findAutomation, findIntegration } from '../lookup.ts';
import { printDone } from '../terminal/screen.ts';

const nouns = {
  automation: { find: findAutomation, change: 'updateAutomation' },
  integration: { find: findIntegration, change: 'updateIntegration' },
} as const;

/** What `enable` and `disable` do with a thing that is named by its name or id. */
export function switchTo(noun: keyof typeof nouns, enabled: boolean): CommandSpec['run'] {
  const { find, change } = nouns[noun];
  return async (session, { args: [wanted = ''] }) => {
    const { screen, connection } = session;
    const { id } = await find(session, wanted);
    const { body } = await connection.call(change, { params: { id }, body: { enabled } });
    printDone(screen, body, `${enabled ? 'enabled' : 'disabled'}  ${noun} ${body.name}`);
  };
}
