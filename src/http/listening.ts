// Opens and closes ports.
import { createServer, type Server, type ServerOptions, type ServerResponse, type RequestListener } from 'node:http';
import { Server as NetServer } from 'node:net';
import { isStreaming } from './streamed-body.ts';

/** Returns the origin of an address; IPv6 in brackets (RFC 3986 §3.2.2). */
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

export interface Listener {
  /** Resolves with the origin, for example `http://127.0.0.1:8080`. */
  readonly listen: (port: number, host: string) => Promise<string>;
  readonly close: () => Promise<void>;
  /** Requests from now on get this handler. */
  readonly replaceHandler: (handle: RequestListener) => void;
}

/**
 * Creates the server of a listener.
 * @param stopTimeout seconds that requests in flight get when the listener closes
 */
export function createListener(options: ServerOptions, stopTimeout: number, firstHandler: RequestListener): Listener {
  let handle = firstHandler;
  const server = createServer(options, (request, response) => {
    request.url = originForm(request.url ?? '/');
    closing.respond(() => {
      handle(request, response);
    });
  });
  // RFC 9110 §10.1.1: a server may ignore an unknown expectation. Node would respond with 417 by itself.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  respondToParserErrors(server);
  const closing = closable(server, stopTimeout);
  return {
    listen: (port, host) => listen(server, port, host),
    close: closing.close,
    replaceHandler: (next) => {
      handle = next;
    },
  };
}

/**
 * Returns a request target in origin form: without the origin of an absolute form, which a server must accept (RFC 9112
 * §3.2.2), and without a fragment, which a request must not have.
 */
function originForm(target: string): string {
  const withoutOrigin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  return withoutOrigin.startsWith('/') || withoutOrigin === '*' ? withoutOrigin : `/${withoutOrigin}`;
}

const parserErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Responds to what Node's parser refuses (400, 408, 431) as Node does, with a text body. */
function respondToParserErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isStreaming(socket)) return;
    const status = parserErrors[error.code ?? ''] ?? '400 Bad Request';
    const body = `${status.slice(4)}\n`;
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `Content-Length: ${String(body.length)}\r\n\r\n${body}`,
    );
  });
}

/** An idle connection is closed this long after the port: its next request may be in flight. */
const idleMs = 500;

/** Without a new connection for this time, every client that got a response has reconnected. */
const quietMs = 5;

const maxDrainMs = 250;

export interface Closable {
  /** Calls `handle`; while the port closes, only after that. */
  readonly respond: (handle: () => void) => void;
  /** Stops accepting, responds to every accepted request and resolves once all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a server closable without a lost request.
 *
 * - The system resets connections that it has not handed over when a port closes. They are accepted first, and their
 *   requests are held back, since a client reconnects after a response. Requests in flight get a moment.
 * - Node would close a connection between two requests, with the next one in flight. Here each response is the last of
 *   its connection and says so (RFC 9112 §9.6), and a silent connection gets a moment.
 * - A port that is still opening is closed once it is open.
 * @param timeout seconds after which open connections are closed; Node's own timeouts end when the port closes
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
    const slot = inFlight.add(response);
    response.once('close', () => inFlight.remove(slot));
  });

  const isQuietDuring = async (wait: (done: () => void) => unknown): Promise<boolean> => {
    const before = connections;
    const isResponding = inFlight.count() > (held ?? []).length;
    await new Promise<void>((resolve) => wait(resolve));
    return !isResponding && connections === before;
  };
  const drain = async (): Promise<void> => {
    const begin = performance.now();
    let quietSince = begin;
    for (;;) {
      const isQuiet = await isQuietDuring((done) => setTimeout(done, 1));
      const now = performance.now();
      if (now - begin > maxDrainMs) return;
      if (!isQuiet) quietSince = now;
      // The port closes right after this last check.
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
    // Not earlier: a client that reconnects would do so while the port closes.
    for (const response of inFlight.all()) response.shouldKeepAlive = false;
    const portClosed = closePort();
    held = undefined;
    for (const handle of waiting) handle();
    await portClosed;
  };

  return {
    respond: (handle) => {
      if (held === undefined) handle();
      else held.push(handle);
    },
    close: () => (closed ??= close()),
  };
}

export interface Slots<Value> {
  /** @returns the slot of the value, for `remove` */
  readonly add: (value: Value) => number;
  readonly remove: (slot: number) => Value | undefined;
  readonly all: () => readonly Value[];
  readonly count: () => number;
}

/**
 * Creates a set of short-lived values in an array with reused slots. A Map replaces its table every few additions, and
 * the old tables hold memory until a full garbage collection (236 instead of 165 MB under load).
 */
export function createSlots<Value>(): Slots<Value> {
  const values: (Value | undefined)[] = [];
  const free: number[] = [];
  return {
    add: (value) => {
      const slot = free.pop() ?? values.length;
      values[slot] = value;
      return slot;
    },
    remove: (slot) => {
      const value = values[slot];
      if (value === undefined) return undefined;
      values[slot] = undefined;
      free.push(slot);
      return value;
    },
    all: () => values.filter((value) => value !== undefined),
    count: () => values.length - free.length,
  };
}
