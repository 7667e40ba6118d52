// Requests with the access token, to nobody but those who may have it.
import { environment } from './environment.ts';
import type { Session } from './session.ts';

export interface SenderParts extends Pick<Session, 'accessToken' | 'accessTokenAfter' | 'fetch'> {
  /** Beside the page's own, which begins with `http` where it is one. */
  readonly trusted: readonly string[];
}

export function sender({ accessToken, accessTokenAfter, fetch, trusted }: SenderParts): typeof globalThis.fetch {
  const page = environment.location?.origin ?? '';
  const origins = [...trusted, ...(page.startsWith('http') ? [page] : [])].map(originOf);
  const isTrusted = (url: string): boolean => {
    const origin = originOf(url);
    return origin !== '' && origins.includes(origin);
  };
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
    await response.body?.cancel();
    return fetch(withToken(again, fresh));
  };
}

/** RFC 6750 §2.1. */
export function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** As a request spells it, since not every `URL` has an origin; empty for what has none. */
function originOf(url: string): string {
  return /^https?:\/\/[^/?#]+/.exec(new Request(url).url)?.[0] ?? '';
}
