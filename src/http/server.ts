// The public listener: what is mounted where, and what is answered outside of every contract.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { createServer } from 'node:http';
import { DocumentError } from './documents.ts';
import { createFailureLimit, type FailureLimit } from './failure-limit.ts';
import { close, listen } from './listening.ts';
import { mountContract } from './mount.ts';
import { answerParserErrors } from './parser-errors.ts';
import { checkReplies } from './replies-check.ts';
import { sendJson, sendText } from './send.ts';
import type { HttpEvent, Mount } from './types.ts';
import { prepareWarmUp } from './warm-up.ts';

export interface HttpOptions {
  readonly mounts: readonly Mount[];
  /** Steps that every request takes before it is routed. */
  readonly front?: readonly RequestHandler[];
  /** The public keys of a contract, as a JWK Set (RFC 7517 §5). */
  readonly jwks: (contract: string) => unknown;
  readonly observe: (event: HttpEvent) => void;
  /** Seconds. */
  readonly headerTimeout: number;
  /** Seconds. */
  readonly requestTimeout: number;
  /** Failures of one address in a minute; 0 sets no limit. */
  readonly failureLimit: number;
  /** Seconds that requests under way are given when the server is closed. */
  readonly stopTimeout: number;
}

export interface HttpServer {
  /** Opens the port. Resolves with the origin, for example `http://127.0.0.1:8080`. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /** Stops accepting, answers what was accepted and resolves when all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * Builds the listener: checks every constant reply, mounts the contracts and walks every operation once, so that a
 * document that cannot be served stops the start and no request pays for compiling it.
 * @throws DocumentError with one sentence
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { mounts } = options;
  for (const mount of mounts) checkReplies(mount);
  refuseSharedBasePaths(mounts);
  const warmUp = prepareWarmUp(mounts, options.observe);
  const limit = createFailureLimit(options.failureLimit);
  const app = createApp({ ...options, mounts: warmUp.mounts, observe: warmUp.observe }, limit);
  await warmUp.walk(app);

  const server = createServer(
    {
      // Node wants it so; a request that is over its time is over with its headers, too.
      headersTimeout: Math.min(options.headerTimeout, options.requestTimeout) * 1000,
      requestTimeout: options.requestTimeout * 1000,
      connectionsCheckingInterval: 1000,
      // Asked for below, since Node would answer without a word.
      requireHostHeader: false,
    },
    (request, response) => {
      request.url = originForm(request.url ?? '/');
      app(request, response);
    },
  );
  // An expectation that nobody knows may be ignored (RFC 9110 §10.1.1); Node would answer it outside of everything.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  answerParserErrors(server);
  return {
    listen: (port, host) => listen(server, port, host),
    close: async () => {
      limit.stop();
      await close(server, options.stopTimeout);
    },
  };
}

/**
 * A request target as router and validator both understand it: an absolute-form one, which a server must accept
 * (RFC 9112 §3.2.2), without its origin, and any without a fragment, which has no business in a request.
 */
function originForm(target: string): string {
  const withoutOrigin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  return withoutOrigin.startsWith('/') || withoutOrigin === '*' ? withoutOrigin : `/${withoutOrigin}`;
}

/** Something of ours to GET, at a path of its own. */
function page(app: Express, path: string, answer: RequestHandler): void {
  app.get(path, answer);
  app.all(path, (_request, response) => {
    sendText(response, 405, 'Method Not Allowed', { Allow: 'GET, HEAD' });
  });
}

/** Two contracts at one place would hide each other's operations. */
function refuseSharedBasePaths(mounts: readonly Mount[]): void {
  const taken = new Map<string, string>();
  for (const { document } of mounts) {
    const other = taken.get(document.basePath);
    if (other !== undefined) {
      throw new DocumentError(
        `${document.file}: ${other} is mounted at ${document.basePath} already; give one of them another server.`,
      );
    }
    taken.set(document.basePath, document.name);
  }
}

function createApp({ mounts, front = [], jwks, observe }: HttpOptions, limit: FailureLimit): Express {
  const app = express();
  app.disable('x-powered-by');
  // No reply of an operation may be stored, so there is nothing to compare with.
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');

  app.use((request, response, next) => {
    // RFC 9112 §3.2: every HTTP/1.1 request names its host.
    if (request.httpVersion === '1.1' && request.headers.host === undefined) sendText(response, 400, 'Bad Request');
    else next();
  });
  if (front.length > 0) app.use(...front);

  // Ours come first, so that a contract mounted at `/` does not hide them.
  page(app, '/healthz', (_request, response) => {
    sendText(response, 200, 'ok');
  });
  for (const { document } of mounts) {
    page(app, `/jwks/${document.name}.json`, (_request, response) => {
      sendJson(response, 'application/jwk-set+json', jwks(document.name));
    });
  }
  for (const mount of mounts) mountContract(app, mount, { limit, observe });

  app.use((_request, response) => {
    sendText(response, 404, 'Not Found');
  });
  // What comes here is a URL that cannot be decoded, or a fault in answering a fault.
  const answerLastly: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
    if (response.headersSent) next(thrown);
    else if (thrown instanceof URIError) sendText(response, 400, 'Bad Request');
    else sendText(response, 500, 'Internal Server Error');
  };
  app.use(answerLastly);
  return app;
}
