// Opening and closing a port, as promises.
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { createSlots } from './slots.ts';

/** An address as an origin; IPv6 in brackets (RFC 3986 §3.2.2). */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

/** Opens a port; resolves with the origin. @throws the system's error, for example for a port in use */
export function listen(server: NetServer, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(originOf(host, typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** Milliseconds in which a request that is on its way over an open connection arrives. */
const arriving = 500;

/** Milliseconds without a new connection after which none is on its way: whoever was answered last has come again. */
const quietTime = 5;

/** Milliseconds after which a step of closing is over all the same. */
const longestDrain = 250;

export interface Closable {
  /** Answers a request; in the moment of closing, once the port is closed. */
  readonly answer: (answer: () => void) => void;
  /** Stops accepting, responds to every accepted request and resolves once all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * What closes a server: it stops accepting and answers every accepted request.
 *
 * - Connections that wait to be accepted when a port is closed are reset by the system. So they are accepted first, and
 *   requests are answered only after that: whoever is answered comes again, and there would be no end of it. What is being
 *   answered already is given a moment.
 * - Node would cut off a connection between two requests, with the next one on its way. Here each answer is the last of
 *   its connection from then on and says so (RFC 9112 §9.6), and a connection that says nothing is given a moment.
 * - A port that is still being opened is closed once it is open.
 * @param patience seconds after which what is still open is cut off: Node ends its own time-outs with the listening
 */
export function closable(server: Server, patience: number): Closable {
  const underWay = createSlots<ServerResponse>();
  let isClosing = false;
  let held: (() => void)[] | undefined;
  let closed: Promise<void> | undefined;
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.on('listening', () => {
    if (isClosing) NetServer.prototype.close.call(server);
  });
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.shouldKeepAlive = false;
    const place = underWay.put(response);
    response.once('close', () => {
      underWay.take(place);
    });
  });

  const isQuietAfter = async (wait: (done: () => void) => unknown): Promise<boolean> => {
    const before = connections;
    // Whoever is answered comes again.
    const isAnswering = underWay.count() > (held ?? []).length;
    await new Promise<void>((resolve) => wait(resolve));
    return !isAnswering && connections === before;
  };
  const drain = async (): Promise<void> => {
    const begin = performance.now();
    let since = begin;
    for (;;) {
      const isQuiet = await isQuietAfter((done) => setTimeout(done, 1));
      const now = performance.now();
      if (now - begin > longestDrain) return;
      if (!isQuiet) since = now;
      // Between a look at what has come and the closing of the port there is as little as can be.
      else if (now - since >= quietTime && (await isQuietAfter(setImmediate))) return;
    }
  };
  const end = (): Promise<void> =>
    new Promise((resolve) => {
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
    });

  return {
    answer: (answer) => {
      if (held === undefined) answer();
      else held.push(answer);
    },
    close: async () => {
      isClosing = true;
      if (server.listening && held === undefined) {
        held = [];
        await drain();
        // Not earlier: a client that is told to reconnect would do so while the port closes.
        for (const response of underWay.all()) response.shouldKeepAlive = false;
        closed = end();
        const waiting = held;
        held = undefined;
        for (const answer of waiting) answer();
      }
      await closed;
    },
  };
}
