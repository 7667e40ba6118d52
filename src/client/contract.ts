// A contract as a session uses it: how it refreshes, and what each response means. Only a complete, well-formed response
// counts: published clients of these APIs stored error bodies as tokens, and signed users out when a proxy was busy.

/** The tokens of a session. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What a response to a refresh means. */
export type RefreshResult =
  | {
      readonly kind: 'granted';
      readonly accessToken: string;
      /** `undefined` if the contract has no successors. */
      readonly refreshToken: string | undefined;
      /** Seconds until the access token expires, if the response has them. */
      readonly expiresIn?: number;
    }
  /** The contract's own, final refusal: the session has ended. */
  | { readonly kind: 'refused' }
  /** Anything else: the session stays active, and the same token may be sent again. */
  | { readonly kind: 'unavailable' };

/** A contract for `createSession`. A response with tokens that are not compact JWS is `unavailable`. */
export interface SessionContract {
  readonly name: string;
  /** `single-use`: a refresh token is replaced by its successor; `reusable`: both stay valid; `static`: no successors. */
  readonly policy: 'single-use' | 'reusable' | 'static';
  /** The path of the contract on a server. */
  readonly basePath: string;
  /** Sends a refresh token. */
  readonly send: (
    refreshToken: string,
    options: {
      readonly origin: string;
      readonly basePath: string;
      readonly fetch: typeof fetch;
      readonly signal: AbortSignal;
    },
  ) => Promise<{ readonly response: Response; readonly body: unknown }>;
  /** @param body parsed JSON; `undefined` for anything else */
  readonly read: (status: number, body: unknown) => RefreshResult;
}

/** The member of an object at a path; `undefined` if it is missing. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  // Reading a member of any value but null and undefined is safe.
  for (const name of path) found = (found as Record<string, unknown> | null | undefined)?.[name];
  return found;
}

/** `granted` if both values look like tokens; otherwise `unavailable`. */
export function grantedIf(accessToken: unknown, refreshToken: unknown, expiresIn?: unknown): RefreshResult {
  if (!isToken(accessToken) || !isToken(refreshToken)) return unavailable;
  return { kind: 'granted', accessToken, refreshToken, ...(isSeconds(expiresIn) && { expiresIn }) };
}

/** Sends with a generated client. */
export function sendBy(create: (origin: string, options: ClientOptions) => RefreshClient): SessionContract['send'] {
  return async (refreshToken, { origin, signal, ...options }) => {
    const { data, error, response } = await create(origin, options).refresh(refreshToken, { signal });
    return { response, body: data ?? error };
  };
}

type ClientOptions = Pick<Parameters<SessionContract['send']>[1], 'basePath' | 'fetch'>;

interface RefreshClient {
  readonly refresh: (
    refreshToken: string,
    options: { signal: AbortSignal },
  ) => Promise<{ readonly data?: unknown; readonly error?: unknown; readonly response: Response }>;
}

/** Reads responses of fib and orillion. Final: 401, 404 (no such user) and 422, each with the contract's own body. */
export function readEnvelope(status: number, body: unknown): RefreshResult {
  if (status === 200) {
    const data = member(body, 'data');
    return grantedIf(member(data, 'accessToken'), member(data, 'refreshToken'), member(data, 'expirationTime'));
  }
  const isOwn = member(body, 'status', 'code') === status;
  return isOwn && [401, 404, 422].includes(status) ? refused : unavailable;
}

/** Whether a value is a compact JWS (RFC 7515 §7.1), or a shortened one as in the examples of documents. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^eyJ[\w-]+\.[\w.-]+$/.test(value);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

export const refused: RefreshResult = { kind: 'refused' };
export const unavailable: RefreshResult = { kind: 'unavailable' };
