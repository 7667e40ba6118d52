// Requests with the access token, to nobody but those who may have it.
import { environment } from './environment.ts';
import type { Session } from './session.ts';

export interface SenderParts extends Pick<Session, 'accessToken' | 'accessTokenAfter' | 'fetch'> {
  /** Beside the page's own. */
  readonly trusted: readonly string[];
}

export function sender({ accessToken, accessTokenAfter, fetch, trusted }: SenderParts): typeof globalThis.fetch {
  const origins = [environment.location?.origin, ...trusted.map(originOf)];
  const isTrusted = (url: string): boolean => origins.includes(originOf(url));
  return async (input, init) => {
    const request = new Request(input, init);
    if (!isTrusted(request.url)) return fetch(request);
    const { signal } = request;
    const again = request.clone();
    const token = await accessToken(signal);
    const response = await fetch(withToken(request, token));
    // Where a redirect leads to, fetch itself has taken the token off.
    if (response.status !== 401 || (response.redirected && !isTrusted(response.url))) return response;
    const fresh = await accessTokenAfter(token, signal);
    return fetch(await insteadOf(response, again, fresh));
  };
}

/** RFC 6750 §2.1. */
export function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** The request with another token, once nobody waits for the rest of the answer any more. */
export async function insteadOf(response: Response, request: Request, token: string): Promise<Request> {
  await response.body?.cancel();
  return withToken(request, token);
}

/** As a request spells it, since not every `URL` has an origin. What has none is its own, which no page's is. */
function originOf(address: string): string {
  const { url } = new Request(address);
  return /^https?:\/\/[^/?#]+/.exec(url)?.[0] ?? url;
}
