import { request } from 'node:http';
import type { Cloud } from '../support/ministack.ts';
import { clientOptions } from './deployment.ts';

/*
 * A name of the operator's for an API: the hosted zone that is there before, and a request to it. No SDK client of Route 53
 * for one call.
 */

export const NAME = 'signalbox.example.com';
const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** What an operator gives for that name, with a network for the dispatcher; none of it is looked up by an emulator but the zone. */
export async function namedSettings(cloud: Cloud): Promise<Record<string, string>> {
  return {
    domainName: NAME,
    hostedZoneId: await makeZone(cloud),
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
    subnetIds: 'subnet-0a1b2c3d4e5f60718',
    securityGroupIds: 'sg-0a1b2c3d4e5f60718',
  };
}

async function makeZone(cloud: Cloud): Promise<string> {
  const { region, credentials } = clientOptions(cloud);
  const answer = await fetch(`${cloud.endpoint}/2013-04-01/hostedzone`, {
    method: 'POST',
    headers: {
      // Emulators read from it which service is meant, and check no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/route53/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: `<CreateHostedZoneRequest xmlns="${namespace}"><Name>${NAME}</Name><CallerReference>it</CallerReference></CreateHostedZoneRequest>`,
  });
  const [, id] = /<Id>\/hostedzone\/(\w+)<\/Id>/.exec(await answer.text()) ?? [];
  if (id === undefined) throw new Error(`no hosted zone was made: ${answer.status}`);
  return id;
}

/** The status of a request to a host that the emulator serves; fetch() would send its own Host. */
export function statusAt({ endpoint }: Cloud, host: string, path: string, key: string): Promise<number> {
  const { hostname, port } = new URL(endpoint);
  const headers = { host, authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}
