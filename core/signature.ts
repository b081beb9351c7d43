import { createHmac } from 'node:crypto';

/** W&B's `X-Wandb-Signature`: lower-case hex HMAC-SHA256 of the body, keyed with the secret's text as it is. */
export function wandbSignature(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** What a Standard Webhooks signature covers, and the secret it is made with. */
export interface StandardSignatureInput {
  id: string;
  timestampSeconds: number;
  body: string;
  secret: string;
}

/**
 * One entry of `webhook-signature` (Standard Webhooks 1.0): `v1,<base64>`.
 * A secret `whsec_<base64>` is decoded; any other text is used as its UTF-8 bytes.
 */
export function standardSignature({ id, timestampSeconds, body, secret }: StandardSignatureInput): string {
  const signed = `${id}.${timestampSeconds}.${body}`;
  return `v1,${createHmac('sha256', signingKey(secret)).update(signed).digest('base64')}`;
}

/** What is signed, and with which secrets: the newest first, an older one during a rotation. */
export interface SignedDelivery {
  deliveryId: string;
  timestampSeconds: number;
  body: string;
  secrets: readonly string[];
}

/**
 * The headers that identify and sign a delivery. The id and time are always there; without secrets there is no
 * signature. Each secret signs one entry of `webhook-signature`; `X-Wandb-Signature` has room for the newest only.
 */
export function signatureHeaders(delivery: SignedDelivery): Record<string, string> {
  const { deliveryId: id, timestampSeconds, body, secrets } = delivery;
  const identity = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds) };
  const [newest] = secrets;
  if (newest === undefined) return identity;
  const entries = secrets.map((secret) => standardSignature({ id, timestampSeconds, body, secret }));
  return {
    ...identity,
    'webhook-signature': entries.join(' '),
    'X-Wandb-Signature': wandbSignature(body, newest),
  };
}

const ENCODED_SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

function signingKey(secret: string): Buffer {
  const encoded = ENCODED_SECRET.exec(secret)?.[1];
  return encoded ? Buffer.from(encoded, 'base64') : Buffer.from(secret, 'utf8');
}
