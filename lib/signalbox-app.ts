import { App, type AppProps, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { checkNames, readSettings } from './settings.ts';
import { SignalboxStack } from './signalbox-stack.ts';

export interface SignalboxAppProps extends AppProps {
  /** Whether it will be deployed to an emulator of AWS, whose functions are processes of this machine. */
  readonly isEmulated?: boolean;
}

/** The whole CDK app: settings from its context, one stack, and AWS's checks, any finding of which fails synth. */
export function signalboxApp(
  functionsFolder: string,
  { isEmulated = false, ...props }: SignalboxAppProps,
): App {
  const app = new App(props);
  checkNames(Object.keys(app.node.getAllContext()));
  new SignalboxStack(app, readSettings(app.node, functionsFolder, isEmulated));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
