// Calls from pages of other origins, where a contract allows them (fetch.spec.whatwg.org, "CORS protocol").
import cors from 'cors';
import type { RequestHandler } from 'express';

/** Answers preflights and marks answers for allowed origins; nothing for all others, and nothing where none is. */
export function corsSteps(origins: readonly string[] | undefined): RequestHandler[] {
  if (origins === undefined || origins.length === 0) return [];
  const answer = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    exposedHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
  return [
    (request, response, next) => {
      // Without this header it is no preflight, and OPTIONS is a method like another.
      const isPreflight = request.get('access-control-request-method') !== undefined;
      if (request.method === 'OPTIONS' && !isPreflight) next();
      else answer(request, response, next);
    },
  ];
}
