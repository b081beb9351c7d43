import * as z from 'zod';
import { ConfigurationDocument } from './document.ts';

const TITLE = 'What signalbox apply reads: automations, integrations, and secrets that must be there';

/** The JSON Schema of a configuration file, for editors: one document, or a list of them. */
export function configurationSchema(): Record<string, unknown> {
  const { $schema, ...document } = z.toJSONSchema(ConfigurationDocument, {
    io: 'input',
    reused: 'ref',
    unrepresentable: 'any',
  });
  const { $defs = {}, ...one } = document;
  return {
    $schema,
    title: TITLE,
    anyOf: [{ $ref: '#/$defs/document' }, { type: 'array', items: { $ref: '#/$defs/document' } }],
    $defs: { document: one, ...$defs },
  };
}
