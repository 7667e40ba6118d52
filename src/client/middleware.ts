// A session in the place where openapi-fetch lets one step in between.
import type { Middleware } from 'openapi-fetch';
import { afterRefusal, withToken } from './sending.ts';
import type { Session } from './session.ts';

/**
 * Attaches the access token to every request of the client, and sends once more what was answered with 401. Register it
 * last: of what a later middleware changes only headers are in what is sent once more, and `requestInitExt` is not.
 * @param session whose token the client's server may have: the middleware does not look at origins
 */
export function sessionMiddleware(session: Pick<Session, 'accessToken' | 'accessTokenAfter'>): Middleware {
  // Of a request that was sent the body is gone. Its options are an object of its own, however it ends.
  const copies = new WeakMap<object, Request>();
  return {
    onRequest: async ({ request, options }) => {
      copies.set(options, request.clone());
      return withToken(request, await session.accessToken(request.signal));
    },
    onResponse: async ({ request, response, options }) => {
      const copy = copies.get(options);
      // What others have added to the headers meanwhile belongs to it.
      const again = copy && (await afterRefusal(session, request, response, copy));
      return again && options.fetch(again);
    },
  };
}
