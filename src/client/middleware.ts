// A session in the place where openapi-fetch lets one step in between.
import type { Middleware } from 'openapi-fetch';
import { withToken, type Session } from './session.ts';

/**
 * Attaches the access token to every request of the client, and sends once more what was answered with 401.
 * @param session whose token the client's server may have: the middleware does not look at origins
 */
export function sessionMiddleware(session: Session): Middleware {
  // Of a request that was sent the body is gone.
  const copies = new Map<string, { readonly request: Request; readonly token: string }>();
  return {
    onRequest: async ({ id, request }) => {
      const token = await session.accessToken();
      copies.set(id, { request: request.clone(), token });
      return withToken(request, token);
    },
    onResponse: async ({ id, response, options }) => {
      const copy = copies.get(id);
      copies.delete(id);
      if (response.status !== 401 || copy === undefined) return undefined;
      const fresh = await session.accessTokenAfter(copy.token);
      await response.body?.cancel();
      return options.fetch(withToken(copy.request, fresh));
    },
    onError: ({ id }) => {
      copies.delete(id);
    },
  };
}
