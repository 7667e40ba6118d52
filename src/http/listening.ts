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

/** An idle connection is closed within this time once the port is closed: its next request may be in flight. */
const idleMs = 500;

/** Without a new connection for this time, every client that got a response has reconnected. */
const quietMs = 5;

const longestDrainMs = 250;

export interface Closable {
  /** Runs `respond`; while the port closes, only after that. */
  readonly answer: (respond: () => void) => void;
  /** Stops accepting, responds to every accepted request and resolves once all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a server closable without a lost request.
 *
 * - The system resets connections that it has not handed over when a port is closed. They are accepted first, and their
 *   requests are held back, since a client reconnects after a response. Requests in flight get a moment.
 * - Node would close a connection between two requests, with the next one in flight. Here each response is the last of
 *   its connection and says so (RFC 9112 §9.6), and a silent connection gets a moment.
 * - A port that is still being opened is closed once it is open.
 * @param timeout seconds after which open connections are closed; Node ends its own timeouts with the listening
 */
export function closable(server: Server, timeout: number): Closable {
  const inFlight = createSlots<ServerResponse>();
  let isClosing = false;
  let held: (() => void)[] | undefined;
  let closed: Promise<void> | undefined;
  let connections = 0;
  server.on('connection', () => (connections += 1));
  server.on('listening', () => {
    if (isClosing) NetServer.prototype.close.call(server);
  });
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.shouldKeepAlive = false;
    const place = inFlight.put(response);
    response.once('close', () => inFlight.take(place));
  });

  const isQuietDuring = async (wait: (done: () => void) => unknown): Promise<boolean> => {
    const before = connections;
    const isAnswering = inFlight.count() > (held ?? []).length;
    await new Promise<void>((resolve) => wait(resolve));
    return !isAnswering && connections === before;
  };
  const drain = async (): Promise<void> => {
    const begin = performance.now();
    let quietSince = begin;
    for (;;) {
      const isQuiet = await isQuietDuring((done) => setTimeout(done, 1));
      const now = performance.now();
      if (now - begin > longestDrainMs) return;
      if (!isQuiet) quietSince = now;
      // The port is closed right after this last look.
      else if (now - quietSince >= quietMs && (await isQuietDuring(setImmediate))) return;
    }
  };
  const closePort = (): Promise<void> =>
    new Promise((resolve) => {
      const deadline = setTimeout(() => server.closeAllConnections(), timeout * 1000);
      const sweep = setInterval(() => server.closeIdleConnections(), idleMs);
      // `close` of an http.Server closes idle connections at once.
      NetServer.prototype.close.call(server, () => {
        clearTimeout(deadline);
        clearInterval(sweep);
        resolve();
      });
    });
  const close = async (): Promise<void> => {
    isClosing = true;
    if (!server.listening) return;
    const waiting: (() => void)[] = (held = []);
    await drain();
    // Only now: a client that is to reconnect would do so while the port closes.
    for (const response of inFlight.all()) response.shouldKeepAlive = false;
    const portClosed = closePort();
    held = undefined;
    for (const respond of waiting) respond();
    await portClosed;
  };

  return {
    answer: (respond) => {
      if (held === undefined) respond();
      else held.push(respond);
    },
    close: () => (closed ??= close()),
  };
}
