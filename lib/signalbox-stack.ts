import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { AdminKey } from './admin-key.ts';
import { Administration } from './administration.ts';
import { Canary } from './canary.ts';
import { Delivery } from './delivery.ts';
import { Domain, leadTo } from './domain.ts';
import { Firewall } from './firewall.ts';
import { HttpApi } from './http-api.ts';
import { Ingestion } from './ingestion.ts';
import { Matching } from './matching.ts';
import { Monitoring } from './monitoring.ts';
import { RestApi } from './rest-api.ts';
import type { Settings } from './settings.ts';
import { Sweeping } from './sweeping.ts';
import { SignalboxTable } from './table.ts';

/** One deployment of Signalbox, for one organization: wires the subsystems in the order an event meets them. */
export class SignalboxStack extends Stack {
  constructor(scope: Construct, settings: Settings) {
    super(scope, `Signalbox-${settings.stage}`, {
      description: `Signalbox (${settings.stage}): automations for ML registries and runs.`,
    });
    const table = new SignalboxTable(this, 'Storage', settings);
    const adminKey = new AdminKey(this, 'AdminKey', settings);

    const { events, ingest } = new Ingestion(this, 'Ingestion', { settings, table, adminKey });
    const { deliveries } = new Delivery(this, 'Delivery', { settings, table });
    new Matching(this, 'Matching', { settings, table, events, deliveries });
    new Sweeping(this, 'Sweeping', { settings, table, events, deliveries });
    const { admin } = new Administration(this, 'Administration', { settings, table, adminKey, deliveries });
    const Door = settings.api === 'rest' ? RestApi : HttpApi;
    const api = new Door(this, Door.name, { settings, table, adminKey, ingest, admin });
    if (settings.canary) new Canary(this, 'Canary', { settings, adminKey, apiUrl: api.url });
    new Monitoring(this, 'Monitoring', { settings, table, events, deliveries });

    new CfnOutput(this, 'ApiUrl', {
      value: this.#apiUrl(settings, api),
      description: 'Where clients send events and requests.',
    });
    new CfnOutput(this, 'AdminKeySecretId', {
      value: adminKey.secretId,
      description: 'The first admin key: `aws secretsmanager get-secret-value --secret-id <this>` shows it.',
    });
    new CfnOutput(this, 'TableName', { value: table.name, description: 'The DynamoDB table.' });
  }

  /** AWS's own address of the API, or the operator's name for it. */
  #apiUrl(settings: Settings, { url, gateway }: HttpApi | RestApi): string {
    const { domainName, certificateArn, firewall } = settings;
    if (domainName === undefined || certificateArn === undefined) return url;
    const named = { domainName, certificateArn, gateway };
    const { target, alias } = firewall
      ? new Firewall(this, 'Firewall', { settings, ...named, firewall, apiUrl: url })
      : new Domain(this, 'Domain', named);
    leadTo(this, settings, alias);
    new CfnOutput(this, 'DomainTarget', { value: target, description: `What ${domainName} must lead to.` });
    return `https://${domainName}`;
  }
}
