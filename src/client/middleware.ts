// A session in the place where openapi-fetch lets one step in between.
import type { Middleware } from 'openapi-fetch';
import { withToken } from './sending.ts';
import type { Session } from './session.ts';

/**
 * Attaches the access token to every request of the client, and sends once more what was answered with 401.
 * @param session whose token the client's server may have: the middleware does not look at origins
 */
export function sessionMiddleware(session: Pick<Session, 'accessToken' | 'accessTokenAfter'>): Middleware {
  // Of a request that was sent the body is gone.
  const copies = new Map<string, { readonly copy: Request; readonly token: string }>();
  return {
    onRequest: async ({ id, request }) => {
      const token = await session.accessToken(request.signal);
      copies.set(id, { copy: request.clone(), token });
      return withToken(request, token);
    },
    onResponse: async ({ id, request, response, options }) => {
      const sent = copies.get(id);
      copies.delete(id);
      if (response.status !== 401 || sent === undefined) return undefined;
      const fresh = await session.accessTokenAfter(sent.token, request.signal);
      await response.body?.cancel();
      // What others have added to the headers meanwhile belongs to it.
      return options.fetch(withToken(new Request(sent.copy, { headers: request.headers }), fresh));
    },
    onError: ({ id }) => {
      copies.delete(id);
    },
  };
}
