import type { CallInput } from '../../core/api/client.ts';
import { integrationKey, toInput } from '../configuration/carry-out.ts';
import { checkSources } from '../configuration/check-documents.ts';
import type { WantedAutomation } from '../configuration/document.ts';
import { refuseProblems } from '../configuration/problem-text.ts';
import { readSources } from '../configuration/sources.ts';
import { integrationsOf } from '../lookup.ts';
import type { Session } from '../session.ts';
import { Trouble } from '../trouble.ts';

type Input = CallInput<'createAutomation'>['body'];

/** What the server adds to an automation is left out, so that what `show --json` prints can be changed and saved. */
const ADDED = ['id', 'revision', 'created_at', 'updated_at', 'activity'];

/** The one automation in a file as the API takes it. It names its integration, or gives its id. */
export async function readAutomation(session: Session, path: string): Promise<Input> {
  const { screen, teamIfNamed } = session;
  const { documents, problems } = checkSources(await readSources([path]), {
    team: teamIfNamed,
    kind: 'automation',
    ignored: ADDED,
  });
  refuseProblems(problems, screen);
  const [document, ...more] = documents;
  if (document?.wanted.kind !== 'automation' || more.length > 0) {
    const hint = 'signalbox apply -f reads many things';
    throw new Trouble(`${path} does not hold exactly one automation`, { hint });
  }
  return toInput(document.wanted, await integrationIds(session, document.wanted)) as Input;
}

async function integrationIds(
  { connection }: Session,
  { team, action }: WantedAutomation,
): Promise<Map<string, string>> {
  if (action.type === 'no_op') return new Map();
  const all = await integrationsOf({ connection, team });
  const known = all.some(({ name, id }) => name === action.integration || id === action.integration);
  if (!known) {
    const hint =
      all.length > 0
        ? `there is ${all.map(({ name }) => name).join(', ')}`
        : 'make it first: signalbox integrations create';
    throw new Trouble(`there is no integration ${action.integration} in team ${team}`, { hint });
  }
  return new Map(all.map(({ name, id }) => [integrationKey(team, name), id]));
}
