// The Express app: our own pages, the operations of the contracts, and 404 for everything else.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Way } from './mount.ts';
import { sendJson, sendPage, sendText } from './send.ts';
import { asOneStep, oneOf } from './steps.ts';
import type { Page } from './types.ts';

export interface AppParts {
  readonly contracts: readonly string[];
  readonly ways: readonly Way[];
  readonly pages: readonly Page[];
  /** Steps that every request takes before it is routed. */
  readonly front: readonly RequestHandler[];
  /** The public keys of a contract, as a JWK Set (RFC 7517 §5); without it no keys are published. */
  readonly jwks: ((contract: string) => unknown) | undefined;
  /** A number of proxies, or their addresses, as Express reads it; without it no proxy is trusted. */
  readonly trustProxy: number | string | undefined;
}

/** Our own pages come first, so that a contract mounted at `/` does not hide them. */
export function createApp({ contracts, ways, pages, front, jwks, trustProxy }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  // No response may be stored, so a validator for caches has no use.
  app.disable('etag');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.enable('case sensitive routing');
  app.enable('strict routing');

  const ours = new Map<string, Ours>();
  const answerGet = (path: string, answer: RequestHandler, allowed = ['GET', 'HEAD']): void => {
    if (!ours.has(path)) ours.set(path, { answer, allowed });
  };
  answerGet('/healthz', (_request, response) => sendText(response, 200, 'ok'));
  for (const contract of jwks === undefined ? [] : contracts) {
    answerGet(`/jwks/${contract}.json`, (_request, response) =>
      sendJson(response, 'application/jwk-set+json', jwks?.(contract)),
    );
  }
  for (const page of pages) {
    const allowed = page.isGetOnly === true ? ['GET'] : ['GET', 'HEAD'];
    answerGet(page.path, (request, response) => sendPage(request, response, page), allowed);
  }
  const answerOurs: RequestHandler = (request, response, next) => {
    const { answer, allowed = [] } = ours.get(request.path) ?? {};
    if (answer === undefined) next();
    else if (allowed.includes(request.method)) return answer(request, response, next);
    else sendText(response, 405, 'Method Not Allowed', { Allow: allowed.join(', ') });
    return undefined;
  };
  const ofOnePath = new Map<string, RequestHandler>();
  for (const { route, handle } of ways.filter(hasOnePath)) {
    const before = ofOnePath.get(route);
    ofOnePath.set(route, before === undefined ? handle : oneOf(before, handle));
  }
  const answerOperation: RequestHandler = (request, response, next) => {
    const handle = ofOnePath.get(request.path);
    if (handle !== undefined) return handle(request, response, next);
    next();
    return undefined;
  };
  // One lookup in a Map; Express would match each route in turn.
  app.use(asOneStep([readHead, ...front, answerOurs, answerOperation]));
  for (const way of ways) if (!hasOnePath(way)) app.route(way.route).all(way.handle);

  app.use((_request, response) => {
    sendText(response, 404, 'Not Found');
  });
  // Only a path that cannot be decoded, or a fault while a fault is answered, arrives here.
  const answerLastly: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
    if (response.headersSent) next(thrown);
    else if (thrown instanceof URIError) sendText(response, 400, 'Bad Request');
    else sendText(response, 500, 'Internal Server Error');
  };
  app.use(answerLastly);
  return app;
}

const readHead: RequestHandler = (request, response, next) => {
  // RFC 9112 §3.2: every HTTP/1.1 request names its host.
  if (request.httpVersion === '1.1' && request.headers.host === undefined) sendText(response, 400, 'Bad Request');
  else {
    // Express would answer 304 to `*`, which no document has.
    delete request.headers['if-none-match'];
    next();
  }
};

function hasOnePath({ route }: Way): boolean {
  return !route.includes(':');
}

interface Ours {
  readonly answer: RequestHandler;
  readonly allowed: readonly string[];
}
