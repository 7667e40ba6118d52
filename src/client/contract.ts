// What a session has to know of a contract: how it refreshes, and what each answer means. Nothing that is not a whole
// and well-formed answer of the contract is ever taken for one: published clients of these APIs have stored error bodies
// as tokens, and signed people out because a proxy was busy.

/** The tokens of a session, as they are stored. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What an answer to a refresh means. */
export type Answer =
  /** `refreshToken` is missing where the contract gives no successor. `expiresIn` is seconds, where the answer says. */
  | {
      readonly kind: 'granted';
      readonly accessToken: string;
      readonly refreshToken: string | undefined;
      readonly expiresIn?: number;
    }
  /** The contract's own, final no: the session is over. */
  | { readonly kind: 'refused' }
  /** Anything else: the session may go on, and the same token may be sent again. */
  | { readonly kind: 'unavailable' };

/** A contract, as `createSession` wants it. Tokens are JWS in compact form; an answer with any others is taken for none. */
export interface SessionContract {
  readonly name: string;
  /**
   * `single-use`: a refresh token is superseded by the next one. `reusable`: it goes on working beside it. `static`: there
   * is no next one.
   */
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
  /** @param body parsed JSON; `undefined` for anything that is none */
  readonly read: (status: number, body: unknown) => Answer;
}

/** The member of an object, however deep; `undefined` where there is none. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  // Whatever there is may have any member.
  for (const name of path) found = (found as Record<string, unknown> | null | undefined)?.[name];
  return found;
}

/** Granted, if both tokens are there and look like tokens; otherwise it is no answer of the contract's. */
export function grantedIf(accessToken: unknown, refreshToken: unknown, expiresIn?: unknown): Answer {
  if (!isToken(accessToken) || !isToken(refreshToken)) return unavailable;
  return { kind: 'granted', accessToken, refreshToken, ...(isSeconds(expiresIn) && { expiresIn }) };
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
