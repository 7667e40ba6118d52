// The outcomes of a refresh: a closed set, which every contract maps completely to its replies.

/** Why the engine refuses a token. The kind is logged; the caller sees only what the contract's document has for it. */
export type RefusalKind =
  /** Malformed, too long, expired, not yet valid, or of another algorithm, key, signature, use or contract. */
  | 'invalid_token'
  /** The signature is valid, but claims are missing or have the wrong type. */
  | 'unprocessable_token'
  | 'unknown_session'
  | 'revoked_session'
  | 'expired_session'
  /** A superseded token after the grace period (RFC 9700 §4.14.2); the session was revoked. */
  | 'reused_token'
  | 'missing_subject'
  | 'disabled_subject'
  /** The subject's credentials changed after sign-in. */
  | 'stale_subject';

/** A signed token, with its expiry in seconds. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** A token pair. `answeredAt` is the store's clock at the response, in seconds. */
export interface Grant {
  readonly access: IssuedToken;
  readonly refresh: IssuedToken;
  readonly answeredAt: number;
}

/** The result of one refresh. After `unavailable`, a retry is safe: nothing was changed, or it repeats. */
export type Outcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly refusal: RefusalKind }
  | { readonly kind: 'unavailable' }
  /** Too many refreshes of one session; the store was not read. `retryAfter` in seconds. */
  | { readonly kind: 'throttled'; readonly retryAfter: number };
