import { App, type AppProps, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readSettings } from './settings.ts';
import { SignalboxStack } from './signalbox-stack.ts';

/** The whole CDK app: settings from its context, one stack, and AWS's checks, any finding of which fails synth. */
export function signalboxApp(functionsFolder: string, props?: AppProps): App {
  const app = new App(props);
  new SignalboxStack(app, readSettings(app.node, functionsFolder));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
