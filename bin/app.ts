import { join } from 'node:path';
import { SettingsError } from '../lib/settings.ts';
import { signalboxApp } from '../lib/signalbox-app.ts';
import { buildFunctions } from './build.ts';

// What `cdk` runs (see cdk.json): build the functions, then describe the stack that deploys them.
const functionsFolder = join(import.meta.dirname, '../dist');
await buildFunctions(functionsFolder);
try {
  signalboxApp(functionsFolder, { isEmulated: process.env['AWS_ENDPOINT_URL'] !== undefined });
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
