// What a session knows of a contract: how it refreshes, and what each response means. Only a complete, well-formed response
// counts: published clients of these APIs stored error bodies as tokens, and signed users out because a proxy was busy.

/** The tokens of a session, as they are stored. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What a response to a refresh means. */
export type Answer =
  | {
      readonly kind: 'granted';
      readonly accessToken: string;
      /** `undefined` where the contract gives no successor. */
      readonly refreshToken: string | undefined;
      /** Seconds, where the response has them. */
      readonly expiresIn?: number;
    }
  /** The contract's own, final refusal: the session has ended. */
  | { readonly kind: 'refused' }
  /** Anything else: the session stays active, and the same token may be sent again. */
  | { readonly kind: 'unavailable' };

/** A contract, as `createSession` takes it. Tokens are JWS in compact form; a response with others counts as unavailable. */
export interface SessionContract {
  readonly name: string;
  /** `single-use`: the next refresh token replaces this one; `reusable`: both are valid; `static`: there is no next one. */
  readonly policy: 'single-use' | 'reusable' | 'static';
  /** Where the contract is mounted on a server. */
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
  readonly read: (status: number, body: unknown) => Answer;
}

/** The member of an object at a path; `undefined` where it is missing. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  // Reading a member of any value but null and undefined is safe.
  for (const name of path) found = (found as Record<string, unknown> | null | undefined)?.[name];
  return found;
}

/** Granted, if both values look like tokens; otherwise unavailable. */
export function grantedIf(accessToken: unknown, refreshToken: unknown, expiresIn?: unknown): Answer {
  if (!isToken(accessToken) || !isToken(refreshToken)) return unavailable;
  return { kind: 'granted', accessToken, refreshToken, ...(isSeconds(expiresIn) && { expiresIn }) };
}

/** Sends by a generated client. */
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

/** Reads fib and orillion. Terminal: 401, 404 (no such user) and 422, each with the contract's own body. */
export function readEnvelope(status: number, body: unknown): Answer {
  if (status === 200) {
    const data = member(body, 'data');
    return grantedIf(member(data, 'accessToken'), member(data, 'refreshToken'), member(data, 'expirationTime'));
  }
  const isOwn = member(body, 'status', 'code') === status;
  return isOwn && [401, 404, 422].includes(status) ? refused : unavailable;
}

/** JWS in compact form (RFC 7515 §7.1), which all of these contracts give; a document's example may be a shortened one. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^eyJ[\w-]+\.[\w.-]+$/.test(value);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

export const refused: Answer = { kind: 'refused' };
export const unavailable: Answer = { kind: 'unavailable' };
