import type { Socket } from 'node:net';
import { Client, errors } from 'undici';
import type { Connect } from './connector.ts';

/**
 * Connections idle for longer are not used again: receivers close them, and a frozen Lambda does not notice.
 * Measured on the wall clock, because timers stand still with the Lambda.
 */
const MAX_IDLE_MS = 3_000;

/** Idle connections of all integrations together; the one unused for longest goes first. */
const MAX_IDLE = 100;

/** What API Gateway lets through, too. */
const MAX_HEADER_BYTES = 10 * 1_024;

/** What one request may make us read: headers, body, and all that is neither, like 1xx answers and chunk sizes. */
const MAX_READ_BYTES = 128 * 1_024;

/**
 * undici's limits stop it only between pieces, and 64 KiB of headers without values in one piece, each of which it
 * joins to all before, blocked every other send for 0.1 s.
 */
const PIECE_BYTES = 4 * 1_024;

/** Some servers say "100 Continue" to whoever posts: HTTP has clients pass over that, and undici breaks off. */
const CONTINUES = /^(?:HTTP\/1\.[01] 100(?: [^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n)+/;

/** A connection lent to one request at a time. */
export interface Connection {
  client: Client;
  /** Ends it at once, whatever it is doing: resolving, connecting, shaking hands or reading. */
  end: () => void;
}

/** The connections of a sender: each belongs to one integration and one origin, and carries one request at a time. */
export interface Connections {
  take: (integrationId: string, origin: string) => Connection;
  giveBack: (connection: Connection) => void;
}

/** Keeps connections for the next request of the same integration to the same origin. */
export function keptConnections(connect: Connect): Connections {
  // In the order in which they were given back.
  const idle = new Set<KeptConnection>();
  return {
    take: (integrationId, origin) => {
      const key = JSON.stringify([integrationId, origin]);
      const connection = takeIdle(idle, key) ?? opened(idle, new KeptConnection(key, origin, connect));
      connection.begin();
      return connection;
    },
    giveBack: (connection) => {
      if (!(connection instanceof KeptConnection && connection.isOpen)) return connection.end();
      connection.idleSinceMs = Date.now();
      idle.add(connection);
      dropOldest(idle);
    },
  };
}

function opened(idle: Set<KeptConnection>, connection: KeptConnection): KeptConnection {
  connection.client.on('disconnect', () => {
    if (idle.delete(connection)) connection.end();
  });
  return connection;
}

function takeIdle(idle: Set<KeptConnection>, key: string): KeptConnection | undefined {
  for (const connection of [...idle].reverse()) {
    if (connection.key !== key) continue;
    idle.delete(connection);
    if (connection.isOpen && Date.now() - connection.idleSinceMs <= MAX_IDLE_MS) return connection;
    connection.end();
  }
  return undefined;
}

function dropOldest(idle: Set<KeptConnection>): void {
  for (const connection of idle) {
    if (idle.size <= MAX_IDLE) return;
    idle.delete(connection);
    connection.end();
  }
}

class KeptConnection implements Connection {
  readonly key: string;
  readonly client: Client;
  idleSinceMs = 0;
  #socket: Socket | undefined;
  #readBefore = 0;
  #isAnswerAhead = true;
  readonly #ending = new AbortController();

  constructor(key: string, origin: string, connect: Connect) {
    this.key = key;
    this.client = new Client(origin, {
      connect: (target, callback) => {
        connect(target, this.#ending.signal).then(
          (socket) => callback(null, this.#watch(socket)),
          (error: Error) => callback(error, null),
        );
      },
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: MAX_IDLE_MS,
      keepAliveMaxTimeout: MAX_IDLE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The deadline of the whole exchange is the only clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  get isOpen(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed && !this.client.destroyed;
  }

  begin(): void {
    this.#readBefore = this.#socket?.bytesRead ?? 0;
    this.#isAnswerAhead = true;
  }

  end(): void {
    this.#ending.abort();
    this.client.destroy().catch(() => undefined);
  }

  /** Hands undici what came in small pieces, and nothing more once it is too much. */
  #watch(socket: Socket): Socket {
    this.#socket = socket;
    this.#readBefore = 0;
    const read = socket.read.bind(socket);
    const readPiece = (): Buffer | null => {
      if (socket.bytesRead - this.#readBefore > MAX_READ_BYTES) {
        socket.destroy(new errors.ResponseExceededMaxSizeError('more than any answer needs'));
      }
      if (socket.destroyed) return null;
      return socket.readableLength > PIECE_BYTES ? read(PIECE_BYTES) : read();
    };
    socket.read = () => this.#nextOf(readPiece);
    return socket;
  }

  #nextOf(readPiece: () => Buffer | null): Buffer | null {
    for (;;) {
      const piece = readPiece();
      if (piece === null || !this.#isAnswerAhead) return piece;
      const [continues = ''] = CONTINUES.exec(piece.toString('latin1')) ?? [];
      if (continues.length === piece.length) continue;
      this.#isAnswerAhead = false;
      return piece.subarray(continues.length);
    }
  }
}
