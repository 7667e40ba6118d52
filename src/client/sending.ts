// Requests with the access token, to nobody but those who may have it.
import { environment } from './environment.ts';
import type { Session } from './session.ts';

type Tokens = Pick<Session, 'accessToken' | 'accessTokenAfter'>;

/** @param trusted origins, beside the page's own. @throws TypeError for what is no origin */
export function sender(session: Tokens, fetch: Session['fetch'], trusted: readonly string[]): Session['fetch'] {
  const origins = [environment.location?.origin, ...trusted.map(originGiven)];
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    // What is none of ours is sent as it came, with whatever a request would not keep.
    if (!origins.includes(originOf(url))) return fetch(input, init);
    const request = new Request(input, init);
    const copy = request.clone();
    const response = await fetch(withToken(request, await session.accessToken(request.signal)));
    const again = await afterRefusal(session, request, response, copy);
    return again ? fetch(again) : response;
  };
}

/** RFC 6750 §2.1. */
export function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/**
 * What to send once more, with another token, where an answer refuses that of the request.
 * @param copy that still has the body
 */
export async function afterRefusal(
  session: Tokens,
  { headers, signal }: Request,
  response: Response,
  copy: Request,
): Promise<Request | undefined> {
  // Where a redirect leads to another origin, fetch itself has taken the token off.
  const isOthers = response.redirected && originOf(response.url) !== originOf(copy.url);
  if (response.status !== 401 || isOthers) return undefined;
  const fresh = await session.accessTokenAfter(String(headers.get('authorization')).slice(7), signal);
  // Nobody waits for the rest of that answer any more.
  await response.body?.cancel();
  return withToken(new Request(copy, { headers }), fresh);
}

/** As a request spells it, since not every `URL` has an origin. What has none is its own, which no page's is. */
function originOf(address: string): string {
  const { url } = new Request(address);
  return originIn.exec(url)?.[0] ?? url;
}

function originGiven(address: string): string {
  // A page would take anything else for an address on its own origin.
  if (!originIn.test(address)) throw new TypeError(`no origin: ${address}`);
  return originOf(address);
}

const originIn = /^https?:\/\/[^/?#]+/i;
