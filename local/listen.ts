import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf, Trouble } from './trouble.ts';

/** A server that is up, on this machine only. */
export interface Listening {
  url: string;
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1, on a free port when `port` is 0; a Trouble when the port is taken. */
export function listen(server: Server, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portTrouble(error, port)));
    server.listen(port, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      resolve({ url, stop: () => stopServer(server) });
    });
  });
}

/** What to say of a port that cannot be listened on. */
function portTrouble(error: Error, port: number): Error {
  const reason = { EADDRINUSE: 'is in use', EACCES: 'may not be used by you' }[codeOf(error) ?? ''];
  if (!reason) return error;
  return new Trouble(`Port ${port} ${reason}: name another with --port, or --port 0 for any that is free.`, {
    cause: error,
  });
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // A client that keeps its connection busy must not keep the process.
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}
