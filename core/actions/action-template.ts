import { type Action, templateOf } from '../action.ts';
import { type IntegrationInput, secretVariables } from '../integration.ts';
import type { ProblemDetails } from '../problem.ts';
import { parseTemplate } from '../template-check.ts';
import { isTemplateVariable, templateVariableNames } from '../template-variables.ts';

/** What is wrong with an action's templates, sent through this integration; `field` is a path in the action. */
export function checkTemplate(action: Action, integration: IntegrationInput): ProblemDetails | undefined {
  const template = templateOf(action);
  if (template === undefined) return undefined;
  const secrets = secretVariables(integration);
  const parsed = parseTemplate(template, {
    known: (name) => isTemplateVariable(name) || secrets.includes(name),
    names: [...templateVariableNames, ...secrets],
    areTexts: action.type === 'slack',
  });
  if (!('problems' in parsed)) return undefined;
  const [problem = { path: '', message: 'is not a template' }] = parsed.problems;
  const refused = { code: 'invalid_input', detail: problem.message } as const;
  // A problem of the whole is one of the payload, and of its size: Slack's texts have bounds of their own.
  if (problem.path === '')
    return { ...refused, field: 'payload', hint: 'correct payload and send the request again' };
  return { ...refused, field: problem.path, hint: hintFor(integration) };
}

function hintFor({ type }: IntegrationInput): string {
  const names = `${templateVariableNames.join(', ')}, the last three also with a path behind them`;
  const secrets =
    type === 'slack' ? 'a Slack text takes no secrets' : 'and the secrets that the integration grants';
  return `there are ${names}; ${secrets}`;
}
