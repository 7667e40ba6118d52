// Requests with the access token, only to origins that may have it; and the same for an openapi-fetch client.
import type { Middleware } from 'openapi-fetch';
import { runtime } from './runtime.ts';

/** The part of a session that gives access tokens. */
export interface AccessTokens {
  /** A valid access token, refreshed if necessary. @throws SignedOut or SessionUnavailable */
  readonly accessToken: (signal?: AbortSignal) => Promise<string>;
  /** Another access token than this one, which an API has refused. @throws SignedOut or SessionUnavailable */
  readonly accessTokenAfter: (refused: string, signal?: AbortSignal) => Promise<string>;
}

type Fetch = typeof globalThis.fetch;

/** @param trusted origins, besides the page's own. @throws TypeError for an invalid origin */
export function createFetch(session: AccessTokens, fetch: Fetch, trusted: readonly string[]): Fetch {
  const origins = [runtime.location?.origin, ...trusted.map(parseOrigin)];
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    // Other calls are forwarded unchanged, with options that a `Request` would lose.
    if (!origins.includes(originOf(url))) return fetch(input, init);
    const request = new Request(input, init);
    const copy = request.clone();
    const response = await fetch(authorize(request, await session.accessToken(request.signal)));
    const retry = await retryRequest(session, request, response, copy);
    return retry ? fetch(retry) : response;
  };
}

/**
 * Adds the access token to every request of the client, and retries a request once after a 401. Register it last: the
 * retry has the headers that later middleware changed, but not its other changes, and it has no `requestInitExt`.
 * @param session whose token the client's server may have: the middleware does not check origins
 */
export function sessionMiddleware(session: AccessTokens): Middleware {
  // A sent request has lost its body. The options are a separate object for each request.
  const copies = new WeakMap<object, Request>();
  return {
    onRequest: async ({ request, options }) => {
      copies.set(options, request.clone());
      return authorize(request, await session.accessToken(request.signal));
    },
    onResponse: async ({ request, response, options }) => {
      const copy = copies.get(options);
      const retry = copy && (await retryRequest(session, request, response, copy));
      return retry && options.fetch(retry);
    },
  };
}

/** RFC 6750 §2.1. */
function authorize(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/**
 * The request to send again with another token, if the response refuses the first one.
 * @param copy a copy of the request that still has its body
 */
async function retryRequest(
  session: AccessTokens,
  { headers, signal }: Request,
  response: Response,
  copy: Request,
): Promise<Request | undefined> {
  // After a redirect to another origin fetch itself has removed the token.
  const isForeign = response.redirected && originOf(response.url) !== originOf(copy.url);
  if (response.status !== 401 || isForeign) return undefined;
  const fresh = await session.accessTokenAfter(String(headers.get('authorization')).slice(7), signal);
  await response.body?.cancel();
  return authorize(new Request(copy, { headers }), fresh);
}

/** By `Request`, since not every runtime's `URL` has an origin. An address without an origin is returned whole. */
function originOf(address: string): string {
  const { url } = new Request(address);
  return originPattern.exec(url)?.[0] ?? url;
}

function parseOrigin(address: string): string {
  // A page would resolve anything else on its own origin.
  if (!originPattern.test(address)) throw new TypeError(`invalid origin ${address}`);
  return originOf(address);
}

const originPattern = /^https?:\/\/[^/?#]+/i;
