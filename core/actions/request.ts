import type { Secret } from '../secret.ts';

/** A request ready to be sent. Its secrets stand in it as they are: it goes to the sender, and nowhere else unmasked. */
export interface ActionRequest {
  integrationId: string;
  method: 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The values of the secrets that a delivery uses, by secret name. */
export type Secrets = ReadonlyMap<string, Secret>;

/** A request and everything in it that must not be seen, or why there can be none until somebody changes something. */
export type BuiltRequest = { request: ActionRequest; sensitive: Secret[] } | { problem: string };
