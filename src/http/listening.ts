// Opening and closing a port, as promises.
import type { Server, ServerResponse } from 'node:http';
import { createServer as createNetServer, Server as NetServer } from 'node:net';
import { createSlots } from './slots.ts';

/** An address as an origin; IPv6 in brackets (RFC 3986 §3.2.2). */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

/**
 * Opens a port; resolves with the origin.
 * @param isShared whether other threads of this account listen on it, too, each for the connections that the system
 * gives it (SO_REUSEPORT)
 * @throws the system's error, for example for a port in use
 */
export async function listen(server: NetServer, port: number, host: string, isShared = false): Promise<string> {
  return originOf(host, await openPort(server, port, host, isShared));
}

function openPort(server: NetServer, port: number, host: string, reusePort: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, reusePort }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/**
 * A port for `listen` to share: a shared one is opened even where another program shares it, and would take half of its
 * connections.
 * @throws the system's error where anybody listens on it
 */
export async function unusedPort(port: number, host: string): Promise<number> {
  const server = createNetServer();
  const opened = await openPort(server, port, host, false);
  await new Promise((resolve) => server.close(resolve));
  return opened;
}

/** Milliseconds in which a request that is on its way over an open connection arrives. */
const arriving = 500;

/** Turns of the event loop without a new connection, after which none waits to be accepted: each turn accepts one. */
const quietTurns = 5;

/** Milliseconds after which the port is closed all the same. */
const longestDrain = 500;

/** A server that is closed without cutting anybody off. */
export interface Closable {
  /** Answers a request; in the moment of closing, once the port is closed. */
  readonly answer: (answer: () => void) => void;
  /** @param patience seconds after which what is still open is cut off: Node ends its own time-outs with the listening */
  readonly close: (patience: number) => Promise<void>;
}

/**
 * What closes a server: it stops accepting and resolves once every accepted request was answered.
 *
 * - Connections that wait to be accepted when a port is closed are reset by the system. So they are accepted first, and
 *   requests are answered only after that: whoever is answered comes again, and there would be no end of it.
 * - Node would cut off a connection between two requests, with the next one on its way. Here each answer is the last of
 *   its connection from then on and says so (RFC 9112 §9.6), and a connection that says nothing is given a moment.
 */
export function closable(server: Server): Closable {
  const underWay = createSlots<ServerResponse>();
  let isClosing = false;
  let held: (() => void)[] | undefined;
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.shouldKeepAlive = false;
    const place = underWay.put(response);
    response.once('close', () => {
      underWay.take(place);
    });
  });

  const drain = async (): Promise<void> => {
    held = [];
    const end = performance.now() + longestDrain;
    for (let quiet = 0; quiet < quietTurns && performance.now() < end; quiet += 1) {
      const before = connections;
      await new Promise((resolve) => setImmediate(resolve));
      if (connections !== before) quiet = -1;
    }
  };
  const release = (): void => {
    const waiting = held ?? [];
    held = undefined;
    for (const answer of waiting) answer();
  };

  return {
    answer: (answer) => {
      if (held === undefined) answer();
      else held.push(answer);
    },
    close: async (patience) => {
      if (!server.listening || isClosing) return;
      isClosing = true;
      await drain();
      // Not before: whoever is told to connect anew would do so in the moment in which the port is closed.
      for (const response of underWay.all()) response.shouldKeepAlive = false;
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(() => {
          server.closeAllConnections();
        }, patience * 1000);
        const sweep = setInterval(() => {
          server.closeIdleConnections();
        }, arriving);
        // The http server's own `close` begins with a sweep.
        NetServer.prototype.close.call(server, () => {
          clearTimeout(deadline);
          clearInterval(sweep);
          resolve();
        });
        release();
      });
    },
  };
}
