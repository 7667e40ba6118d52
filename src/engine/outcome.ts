// What a refresh can come to: a closed set, which every contract maps as a whole to its own replies.

/** Why the engine refuses a presented token. Refusals are values; the precise one goes to the log, never to the caller. */
export type RefusalKind =
  /** Malformed, too long, wrong algorithm, key or signature, expired, not yet valid, another use or contract. */
  | 'invalid_token'
  /** Signed by the contract's own key, but its claims are missing or of the wrong type. */
  | 'unprocessable_token'
  | 'unknown_session'
  | 'revoked_session'
  | 'expired_session'
  /** A superseded token came back after the grace period (RFC 9700 §4.14.2); the session was revoked. */
  | 'reused_token'
  | 'missing_subject'
  | 'disabled_subject'
  /** The subject's credentials changed after the session was issued. */
  | 'stale_subject';

/** A signed token and the second it expires at. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** A token pair, with the second of the store's clock it is answered at. */
export interface Grant {
  readonly access: IssuedToken;
  readonly refresh: IssuedToken;
  readonly answeredAt: number;
}

/** The result of one refresh. `unavailable`: nothing was changed, or the retry repeats. */
export type Outcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly refusal: RefusalKind }
  | { readonly kind: 'unavailable' }
  /** Too many refreshes of one session; nothing was looked up. `retryAfter` in seconds. */
  | { readonly kind: 'throttled'; readonly retryAfter: number };
