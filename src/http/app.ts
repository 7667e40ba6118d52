// What is answered at which path: our own pages, the contracts, and what lies outside of both.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { madeForExpress, type MadeOf } from './express-made.ts';
import type { Way } from './mount.ts';
import { sendJson, sendPage, sendText } from './send.ts';
import { asOneStep, oneOf } from './steps.ts';
import type { Page } from './types.ts';

export interface AppParts {
  /** The names of the contracts, in the order of their ways. */
  readonly contracts: readonly string[];
  readonly ways: readonly Way[];
  readonly pages: readonly Page[];
  /** Steps that every request takes before it is routed. */
  readonly front: readonly RequestHandler[];
  /** The public keys of a contract, as a JWK Set (RFC 7517 §5); no keys are published where left out. */
  readonly jwks: ((contract: string) => unknown) | undefined;
  /** As Express takes it: a number of proxies, or their addresses; nobody is believed where left out. */
  readonly trustProxy: number | string | undefined;
}

/** An app, and what a server that it answers for makes its requests and responses of. */
export interface MadeApp {
  readonly app: Express;
  readonly madeOf: MadeOf;
}

/** The whole app. Ours come first, so that a contract mounted at `/` does not hide them. */
export function createApp({ contracts, ways, pages, front, jwks, trustProxy }: AppParts): MadeApp {
  const app = express();
  const madeOf = madeForExpress(app);
  app.disable('x-powered-by');
  // No reply of an operation may be stored, so there is nothing to compare with.
  app.disable('etag');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.enable('case sensitive routing');
  app.enable('strict routing');

  const ours = new Map<string, Ours>();
  const answerGet = (path: string, answer: RequestHandler, allowed = ['GET', 'HEAD']): void => {
    if (!ours.has(path)) ours.set(path, { answer, allowed });
  };
  answerGet('/healthz', (_request, response) => {
    sendText(response, 200, 'ok');
  });
  for (const contract of jwks === undefined ? [] : contracts) {
    answerGet(`/jwks/${contract}.json`, (_request, response) => {
      sendJson(response, 'application/jwk-set+json', jwks?.(contract));
    });
  }
  for (const page of pages) {
    const answer: RequestHandler = async (request, response) => {
      await sendPage(request, response, page);
    };
    answerGet(page.path, answer, page.isGetOnly === true ? ['GET'] : ['GET', 'HEAD']);
  }
  const answerOurs: RequestHandler = (request, response, next) => {
    const { answer, allowed } = ours.get(request.path) ?? {};
    if (answer === undefined || allowed === undefined) next();
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
  // One look for all that has one path: as routes, each would be held against every refresh.
  app.use(asOneStep([readHead, ...front, answerOurs, answerOperation]));
  for (const way of ways) if (!hasOnePath(way)) app.route(way.route).all(way.handle);

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
  // What comes here is a URL that cannot be decoded, or a fault in answering a fault.
  const answerLastly: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
    if (response.headersSent) next(thrown);
    else if (thrown instanceof URIError) sendText(response, 400, 'Bad Request');
    else sendText(response, 500, 'Internal Server Error');
  };
  app.use(answerLastly);
  return { app, madeOf };
}

const readHead: RequestHandler = (request, response, next) => {
  // RFC 9112 §3.2: every HTTP/1.1 request names its host.
  if (request.httpVersion === '1.1' && request.headers.host === undefined) sendText(response, 400, 'Bad Request');
  else {
    // Express would answer 304 to whoever compares with anything (`*`), and no document has that.
    delete request.headers['if-none-match'];
    next();
  }
};

function hasOnePath({ route }: Way): boolean {
  return !route.includes(':');
}

/** Something of ours to GET, at a path of its own. */
interface Ours {
  readonly answer: RequestHandler;
  readonly allowed: readonly string[];
}
