// Claims, both ways: read from a presented refresh token, and derived from a session's row for new ones.
//
// Tokens are a function of the row: the same generation gives the same claims and, both signature algorithms being
// deterministic, the same bytes. A client that lost an answer gets the same successor again with nothing kept at rest.
import { hash } from 'node:crypto';
import type { ContractSettings } from './policy.ts';
import type { Session, Subject } from './session.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The claims of a presented refresh token that decide. Everything else in it is only held to its type. */
export interface PresentedToken {
  readonly sid: string;
  readonly gen: number;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly nbf: number | undefined;
}

/** What a contract's adapter says about its tokens: the algorithm, and its own claims beside `jti`, `sid`, `gen`. */
export interface TokenProfile {
  /** RFC 8037 (Ed25519) or RFC 7518 §3.2. */
  readonly algorithm: 'EdDSA' | 'HS256';
  readonly accessClaims: (basis: ClaimsBasis) => Claims;
  /** A refresh token without `sub` or `exp` would not be processed when it comes back. */
  readonly refreshClaims: (
    basis: ClaimsBasis & { readonly accessTokenId: string },
  ) => Claims & { readonly sub: string; readonly exp: number };
  /** The contract's own string claims of a refresh token: where present they must be strings, and are not compared. */
  readonly refreshStrings: readonly string[];
}

/** What a contract's own claims are made from. Times are seconds. */
export interface ClaimsBasis {
  readonly subject: Subject;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** base64 of SHA-256 over the subject and the version of its credentials. */
  readonly stateHash: () => string;
}

/** The claims of a token, with its expiry in seconds. */
export interface TokenClaims {
  readonly claims: Claims;
  readonly expiresAt: number;
}

/** The claims of a token pair. */
export interface PairClaims {
  readonly access: TokenClaims;
  readonly refresh: TokenClaims;
}

/** Reads the deciding claims of a verified payload; `undefined` where one is missing or any claim is of the wrong type. */
export function readPresented(payload: Claims, refreshStrings: readonly string[]): PresentedToken | undefined {
  const { sid, gen, sub, jti, iat, exp, nbf } = payload;
  if (typeof sid !== 'string' || typeof sub !== 'string' || typeof jti !== 'string') return undefined;
  if (!isCount(gen) || !isCount(iat) || !isCount(exp)) return undefined;
  if (nbf !== undefined && !isCount(nbf)) return undefined;
  for (const name of refreshStrings) {
    const claim = payload[name];
    if (claim !== undefined && typeof claim !== 'string') return undefined;
  }
  return { sid, gen, jti, iat, exp, nbf };
}

/** Derives the claims of the session's current generation, issued when it came to be. */
export function derivePair(
  profile: TokenProfile,
  settings: ContractSettings,
  session: Session,
  subject: Subject,
): PairClaims {
  const issuedAt = session.rotatedAt;
  const access = deriveAccess(profile, settings, session, subject, issuedAt);
  const expiresAt = Math.min(issuedAt + settings.refreshLifetime, session.expiresAt);
  const own = profile.refreshClaims({ ...basisOf(subject, issuedAt, expiresAt), accessTokenId: access.tokenId });
  const jti = refreshTokenId(session);
  const claims = { ...own, jti, iat: issuedAt, sid: session.id, gen: session.generation };
  return { access, refresh: { claims, expiresAt } };
}

/**
 * Derives the claims of an access token alone, with its `jti`.
 * @param issuedAt seconds; the session's `rotatedAt`, but for a static session the time of renewal
 */
export function deriveAccess(
  profile: TokenProfile,
  settings: ContractSettings,
  session: Session,
  subject: Subject,
  issuedAt: number,
): TokenClaims & { readonly tokenId: string } {
  const expiresAt = Math.min(issuedAt + settings.accessLifetime, session.expiresAt);
  const own = profile.accessClaims(basisOf(subject, issuedAt, expiresAt));
  const jti = tokenId(session, issuedAt, 'access', JSON.stringify(own));
  return { claims: { ...own, jti, sid: session.id }, expiresAt, tokenId: jti };
}

function basisOf(subject: Subject, issuedAt: number, expiresAt: number): ClaimsBasis {
  const stateHash = (): string => hash('sha256', `${subject.id}\n${subject.credentialVersion}`, 'base64');
  return { subject, issuedAt, expiresAt, stateHash };
}

/** The `jti` that the row derives for its current refresh token; a token of the same generation with another one is not from this row. */
export function refreshTokenId(session: GenerationOf): string {
  return tokenId(session, session.rotatedAt, 'refresh', '');
}

/** What of a row makes the `jti` of its refresh token. */
type GenerationOf = Pick<Session, 'id' | 'generation' | 'rotatedAt'>;

/** A version 8 UUID (RFC 9562 §5.8) made from SHA-256 over what makes the token the one it is. */
function tokenId(
  session: Pick<Session, 'id' | 'generation'>,
  issuedAt: number,
  use: 'access' | 'refresh',
  otherClaims: string,
): string {
  const { id, generation } = session;
  const digest = hash('sha256', `${id}\n${String(generation)}\n${String(issuedAt)}\n${use}\n${otherClaims}`, 'hex');
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** A whole number that can be counted on from: seconds and generations. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER;
}
