// A session in the place where openapi-fetch lets one step in between.
import type { Middleware } from 'openapi-fetch';
import { insteadOf, withToken } from './sending.ts';
import type { Session } from './session.ts';

/**
 * Attaches the access token to every request of the client, and sends once more what was answered with 401.
 * @param session whose token the client's server may have: the middleware does not look at origins
 */
export function sessionMiddleware(session: Pick<Session, 'accessToken' | 'accessTokenAfter'>): Middleware {
  // Of a request that was sent the body is gone. Its options are an object of its own, however it ends.
  const copies = new WeakMap<object, { readonly copy: Request; readonly token: string }>();
  return {
    onRequest: async ({ request, options }) => {
      const token = await session.accessToken(request.signal);
      copies.set(options, { copy: request.clone(), token });
      return withToken(request, token);
    },
    onResponse: async ({ request, response, options }) => {
      const sent = copies.get(options);
      if (response.status !== 401 || sent === undefined) return undefined;
      const fresh = await session.accessTokenAfter(sent.token, request.signal);
      // What others have added to the headers meanwhile belongs to it.
      const again = new Request(sent.copy, { headers: request.headers });
      return options.fetch(await insteadOf(response, again, fresh));
    },
  };
}
