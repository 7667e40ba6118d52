// The Express app: which path has which response, for our own pages, the contracts and everything else.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, sendPage, sendText } from './send.ts';
import type { Page } from './types.ts';

export interface AppParts {
  /** Names of the mounted contracts. */
  readonly contracts: readonly string[];
  readonly routes: readonly Route[];
  readonly pages: readonly Page[];
  /** Steps before the routing of every request. */
  readonly front: readonly RequestHandler[];
  /** Returns the public keys of a contract as a JWK Set (RFC 7517 §5); if undefined, no keys are published. */
  readonly jwks: ((contract: string) => unknown) | undefined;
  /** Express' setting: the number of trusted proxies, or their addresses; if undefined, none is trusted. */
  readonly trustProxy: number | string | undefined;
}

/** One operation of a contract. */
export interface Route {
  /** In the form of Express. */
  readonly path: string;
  /** Calls `next('route')` for a request of another operation at the same path. */
  readonly handle: RequestHandler;
}

export interface CreatedApp {
  readonly app: Express;
  readonly messageClasses: MessageClasses;
}

/** Options of `createServer`. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Creates the app. Our own pages come first, so that a contract mounted at `/` does not hide them. */
export function createApp({ contracts, routes, pages, front, jwks, trustProxy }: AppParts): CreatedApp {
  const app = express();
  const messageClasses = createMessageClasses(app);
  app.disable('x-powered-by');
  app.disable('etag');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.enable('case sensitive routing');
  app.enable('strict routing');

  const ownPages = new Map<string, OwnPage>();
  const addPage = (path: string, handle: RequestHandler, methods = ['GET', 'HEAD']): void => {
    if (!ownPages.has(path)) ownPages.set(path, { handle, methods });
  };
  addPage('/healthz', (_request, response) => {
    sendText(response, 200, 'ok');
  });
  for (const contract of jwks === undefined ? [] : contracts) {
    addPage(`/jwks/${contract}.json`, (_request, response) => {
      sendJson(response, 'application/jwk-set+json', jwks?.(contract));
    });
  }
  for (const page of pages) {
    const handle: RequestHandler = (request, response) => sendPage(request, response, page);
    addPage(page.path, handle, page.isGetOnly === true ? ['GET'] : ['GET', 'HEAD']);
  }
  const handleOwnPage: RequestHandler = (request, response, next) => {
    const { handle, methods } = ownPages.get(request.path) ?? {};
    if (handle === undefined || methods === undefined) next();
    else if (methods.includes(request.method)) return handle(request, response, next);
    else sendText(response, 405, 'Method Not Allowed', { Allow: methods.join(', ') });
    return undefined;
  };
  const fixedPaths = new Map<string, RequestHandler>();
  for (const { path, handle } of routes.filter(hasFixedPath)) {
    const first = fixedPaths.get(path);
    fixedPaths.set(path, first === undefined ? handle : withFallback(first, handle));
  }
  const handleOperation: RequestHandler = (request, response, next) => {
    const handle = fixedPaths.get(request.path);
    if (handle !== undefined) return handle(request, response, next);
    next();
    return undefined;
  };
  // One lookup for all fixed paths: Express would match each of its routes against every request.
  app.use(composeSteps([checkHead, ...front, handleOwnPage, handleOperation]));
  for (const route of routes) if (!hasFixedPath(route)) app.route(route.path).all(route.handle);

  // A browser gets a page for an unknown path below that of a page `/…/*`; every other client gets plain text.
  for (const page of pages.filter(({ path }) => path.endsWith('/*'))) {
    app.get(`${page.path}rest`, async (request, response, next) => {
      if (request.accepts(['text/plain', 'text/html']) === 'text/html') await sendPage(request, response, page);
      else next();
    });
  }
  app.use((_request, response) => {
    sendText(response, 404, 'Not Found');
  });
  // Reached by a URL that cannot be decoded, and by an error while an error is handled.
  const handleError: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
    if (response.headersSent) next(thrown);
    else if (thrown instanceof URIError) sendText(response, 400, 'Bad Request');
    else sendText(response, 500, 'Internal Server Error');
  };
  app.use(handleError);
  return { app, messageClasses };
}

interface OwnPage {
  readonly handle: RequestHandler;
  readonly methods: readonly string[];
}

const checkHead: RequestHandler = (request, response, next) => {
  // RFC 9112 §3.2: every HTTP/1.1 request has a Host header.
  if (request.httpVersion === '1.1' && request.headers.host === undefined) sendText(response, 400, 'Bad Request');
  else {
    // Express responds with 304 to `If-None-Match: *`, a status that no document has.
    delete request.headers['if-none-match'];
    next();
  }
};

function hasFixedPath({ path }: Route): boolean {
  return !path.includes(':');
}

/**
 * Creates classes with the prototypes of Express. Express replaces the prototype of each request and response, which
 * makes later property reads slower; on objects of these classes the replacement changes nothing.
 */
function createMessageClasses(app: Express): MessageClasses {
  class Request extends IncomingMessage {}
  class Response<Answered extends IncomingMessage = IncomingMessage> extends ServerResponse<Answered> {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  Object.assign(app, { request: Request.prototype, response: Response.prototype });
  return { IncomingMessage: Request, ServerResponse: Response };
}

/**
 * Composes steps into one handler, which stops at a step that does not call `next`. Express would match path, method and
 * parameters for each step (9 % of refreshes per second).
 * @param handleError receives what a step throws, rejects with or passes to `next`
 * @returns a handler whose `next` is called by the last step, and by `next('route')` of any step
 */
export function composeSteps(
  steps: readonly RequestHandler[],
  handleError: ErrorRequestHandler = (reason, _request, _response, leave) => leave(reason),
): RequestHandler {
  return (request, response, leave) => {
    let index = 0;
    const fail = (reason: unknown): void => run(() => handleError(reason, request, response, leave), leave);
    const next = (reason?: unknown): void => {
      if (reason !== undefined && reason !== 'route') {
        fail(reason);
        return;
      }
      const step = reason === undefined ? steps[index] : undefined;
      index += 1;
      if (step === undefined) leave(reason);
      else run(() => step(request, response, next), fail);
    };
    next();
  };
}

/** @param onFailure receives what `work` throws or rejects with */
function run(work: () => unknown, onFailure: (reason: unknown) => void): void {
  try {
    const result = work();
    if (result instanceof Promise) result.catch(onFailure);
  } catch (thrown) {
    onFailure(thrown);
  }
}

/** @param second runs if `first` calls `next('route')` */
function withFallback(first: RequestHandler, second: RequestHandler): RequestHandler {
  return (request, response, next) =>
    first(request, response, (reason?: unknown) => {
      if (reason === 'route') second(request, response, next);
      else next(reason);
    });
}
