import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Listening, listen } from './listen.ts';
import { operations, SecretError, type Secrets } from './secret-store.ts';
import { codeOf, Trouble } from './trouble.ts';

/** Starts a Secrets Manager that keeps its secrets in one file, readable by its owner only. */
export async function startSecretsManager(file: string): Promise<Listening> {
  const secrets = readSecrets(file);
  const server = createServer((request, response) => {
    void respond(secrets, file, request, response);
  });
  return listen(server, 0);
}

function readSecrets(file: string): Secrets {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw new Trouble(
      `The secrets in ${file} cannot be read: start with --fresh to empty the data folder, or name another folder with --data.`,
      { cause: error },
    );
  }
}

async function respond(
  secrets: Secrets,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = answer(secrets, file, request, await buffer(request).catch(() => Buffer.of()));
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

function answer(
  secrets: Secrets,
  file: string,
  request: IncomingMessage,
  bytes: Buffer,
): { status: number; body: Record<string, unknown> } {
  try {
    const [, name = ''] = String(request.headers['x-amz-target']).split('.');
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!operation) throw new SecretError('UnknownOperationException', `No operation ${name}.`);
    const body = operation(secrets, JSON.parse(bytes.toString()), Date.now());
    if (!/^(Get|Describe)/.test(name)) writeWhole(file, JSON.stringify(secrets));
    return { status: 200, body };
  } catch (error) {
    if (error instanceof SecretError) {
      return { status: 400, body: { __type: error.code, message: error.message } };
    }
    const known = error instanceof SyntaxError;
    const __type = known ? 'SerializationException' : 'InternalServiceError';
    return { status: known ? 400 : 500, body: { __type, message: String(error) } };
  }
}

/** Writes the file so that it is the old one or the new one whenever the process dies. */
function writeWhole(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
