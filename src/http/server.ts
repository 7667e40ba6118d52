// An HTTP listener: it checks and mounts contracts, and answers what Node's parser refuses.
import type { Express, RequestHandler } from 'express';
import { createServer, type Server } from 'node:http';
import { RefractError } from '../errors.ts';
import { createApp } from './app.ts';
import { pathsOf } from './example-call.ts';
import { createFailureLimit } from './limits.ts';
import { closable, listen } from './listening.ts';
import { waysThrough, type Way } from './mount.ts';
import { checkReplies } from './replies-check.ts';
import { isStreaming } from './streamed-body.ts';
import { checkStructure } from './validator/structure.ts';
import type { HttpEvent, Mount, Page } from './types.ts';
import { prepareWarmUp } from './warm-up.ts';

export interface Served {
  readonly mounts: readonly Mount[];
  readonly pages?: readonly Page[];
  /** Steps that every request takes before it is routed. */
  readonly front?: readonly RequestHandler[];
}

export interface HttpOptions extends Served {
  /** The public keys of a contract, as a JWK Set (RFC 7517 §5); without it no keys are published. */
  readonly jwks?: (contract: string) => unknown;
  readonly observe: (event: HttpEvent) => void;
  /** Seconds. */
  readonly headerTimeout: number;
  /** Seconds; of a streamed body, between two chunks. */
  readonly requestTimeout: number;
  /** Failures of one address in a minute; 0 sets no limit. */
  readonly failureLimit: number;
  /** Proxies whose X-Forwarded-For is trusted: a number of them, or their addresses. */
  readonly trustProxy?: number | string | undefined;
  /** Seconds that requests in flight have when the server is closed. */
  readonly stopTimeout: number;
}

export interface HttpServer {
  /** Opens the port. Resolves with the origin, for example `http://127.0.0.1:8080`. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /**
   * Serves this from now on; requests in flight continue with what they began. A mount that is served already is not
   * checked again.
   * @throws RefractError `document`, and continues to serve what it did
   */
  readonly replace: (served: Served) => Promise<void>;
  /** Stops accepting, responds to every accepted request and resolves once all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * Checks every constant reply, mounts the contracts and calls every operation once, so that a document that cannot be
 * served stops the start and no request waits for the compiler.
 * @throws RefractError `document`
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const limit = createFailureLimit(options.failureLimit);
  const known = new WeakMap<Mount, readonly Way[]>();

  const appOf = async ({ mounts, pages = [], front = [] }: Served): Promise<Express> => {
    refuseSharedPlaces(mounts);
    const fresh = mounts.filter((mount) => !known.has(mount));
    for (const mount of fresh) {
      checkStructure(mount.document);
      checkReplies(mount);
    }
    const warmUp = prepareWarmUp(fresh, options.observe);
    const freshWays = new Map(
      fresh.map((mount) => [
        mount,
        waysThrough(warmUp.prepared(mount), { limit, observe: warmUp.observe, bodyTimeout: options.requestTimeout }),
      ]),
    );
    const contracts = mounts.map(({ document }) => document.name);
    const ways = mounts.flatMap((mount) => freshWays.get(mount) ?? known.get(mount) ?? []);
    const made = createApp({ contracts, ways, pages, front, jwks: options.jwks, trustProxy: options.trustProxy });
    await warmUp.walk(made);
    for (const [mount, its] of freshWays) known.set(mount, its);
    return made;
  };

  let app = await appOf(options);
  const server = createServer(
    {
      // Node refuses a longer timeout for headers than for the request.
      headersTimeout: Math.min(options.headerTimeout, options.requestTimeout) * 1000,
      requestTimeout: options.requestTimeout * 1000,
      connectionsCheckingInterval: 1000,
      // `readHead` asks for it; Node would answer without a body.
      requireHostHeader: false,
    },
    (request, response) => {
      request.url = originForm(request.url ?? '/');
      closing.answer(() => {
        app(request, response);
      });
    },
  );
  // An unknown expectation may be ignored (RFC 9110 §10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  answerParserErrors(server);
  const closing = closable(server, options.stopTimeout);
  return {
    listen: (port, host) => listen(server, port, host),
    replace: async (served) => {
      app = await appOf(served);
    },
    close: closing.close,
  };
}

/** Answers what Node's parser refuses as Node does (400, 408, 431), with a body. */
function answerParserErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isStreaming(socket)) return;
    const status = statusOfCode[error.code ?? ''] ?? '400 Bad Request';
    const body = `${status.slice(4)}\n`;
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `Content-Length: ${String(body.length)}\r\n\r\n${body}`,
    );
  });
}

const statusOfCode: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** A request target without the origin of the absolute form (RFC 9112 §3.2.2), and without a fragment. */
function originForm(target: string): string {
  const withoutOrigin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  return withoutOrigin.startsWith('/') || withoutOrigin === '*' ? withoutOrigin : `/${withoutOrigin}`;
}

/** Two contracts at one path would hide each other's operations. */
function refuseSharedPlaces(mounts: readonly Mount[]): void {
  const taken = new Map<string, string>();
  for (const { document } of mounts) {
    const places = [document.basePath, ...pathsOf(document)];
    for (const place of places) {
      const other = taken.get(place);
      if (other !== undefined) {
        throw new RefractError(
          'document',
          `${document.file}: ${other} is mounted at ${place} already; give one of them another server.`,
        );
      }
    }
    for (const place of places) taken.set(place, document.name);
  }
}
