// Requests with the access token, only to origins that may have it; and the same for an openapi-fetch client.
import type { Middleware } from 'openapi-fetch';
import { environment } from './environment.ts';

/** The part of a session that gives access tokens. */
export interface AccessTokens {
  /** A valid access token, refreshed where necessary. @throws SignedOut or SessionUnavailable */
  readonly accessToken: (signal?: AbortSignal) => Promise<string>;
  /** Another access token than this one, which an API has refused. @throws SignedOut or SessionUnavailable */
  readonly accessTokenAfter: (refused: string, signal?: AbortSignal) => Promise<string>;
}

type Fetch = typeof globalThis.fetch;

/** @param trusted origins, beside the page's own. @throws TypeError for what is no origin */
export function sender(session: AccessTokens, fetch: Fetch, trusted: readonly string[]): Fetch {
  const origins = [environment.location?.origin, ...trusted.map(originGiven)];
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    // A call to another origin is passed on unchanged, with options that a `Request` would not keep.
    if (!origins.includes(originOf(url))) return fetch(input, init);
    const request = new Request(input, init);
    const copy = request.clone();
    const response = await fetch(withToken(request, await session.accessToken(request.signal)));
    const again = await afterRefusal(session, request, response, copy);
    return again ? fetch(again) : response;
  };
}

/**
 * Attaches the access token to every request of the client, and retries a request once after a 401. Register it last: of
 * the changes by a later middleware the retry has only headers, and it has no `requestInitExt`.
 * @param session whose token the client's server may have: the middleware does not check origins
 */
export function sessionMiddleware(session: AccessTokens): Middleware {
  // A request that was sent has lost its body. The options are a separate object for each request.
  const copies = new WeakMap<object, Request>();
  return {
    onRequest: async ({ request, options }) => {
      copies.set(options, request.clone());
      return withToken(request, await session.accessToken(request.signal));
    },
    onResponse: async ({ request, response, options }) => {
      const copy = copies.get(options);
      // The retry has the headers that other middleware added meanwhile.
      const again = copy && (await afterRefusal(session, request, response, copy));
      return again && options.fetch(again);
    },
  };
}

/** RFC 6750 §2.1. */
function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/**
 * The request to send again, with another token, where a response refuses the first one.
 * @param copy that still has the body
 */
async function afterRefusal(
  session: AccessTokens,
  { headers, signal }: Request,
  response: Response,
  copy: Request,
): Promise<Request | undefined> {
  // Where a redirect leads to another origin, fetch itself has removed the token.
  const isOthers = response.redirected && originOf(response.url) !== originOf(copy.url);
  if (response.status !== 401 || isOthers) return undefined;
  const fresh = await session.accessTokenAfter(String(headers.get('authorization')).slice(7), signal);
  await response.body?.cancel();
  return withToken(new Request(copy, { headers }), fresh);
}

/** As a request spells it, since not every `URL` has an origin. An address without one is returned whole, which no origin equals. */
function originOf(address: string): string {
  const { url } = new Request(address);
  return originIn.exec(url)?.[0] ?? url;
}

function originGiven(address: string): string {
  // A page would resolve anything else on its own origin.
  if (!originIn.test(address)) throw new TypeError(`no origin: ${address}`);
  return originOf(address);
}

const originIn = /^https?:\/\/[^/?#]+/i;
