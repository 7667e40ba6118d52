// The claims of tokens: read from a presented refresh token, and derived from the row of a session for new tokens.
//
// Tokens are a function of the row. The same generation has the same claims and, since both signature algorithms are
// deterministic, the same bytes: a client that lost a response gets the same successor again, and no token is stored.
import { hash } from 'node:crypto';
import type { ContractSettings } from './policy.ts';
import type { Claims, RefreshStore, Signer } from './ports.ts';
import type { Session, Subject } from './session.ts';

export type { Claims } from './ports.ts';

/** The claims of a presented refresh token that the refresh rule uses. All others are only checked for their type. */
export interface PresentedClaims {
  readonly sid: string;
  readonly gen: number;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly nbf: number | undefined;
}

/** The tokens of a contract: their algorithm, and the contract's claims beside `jti`, `sid`, `gen`. */
export interface TokenProfile {
  /** RFC 8037 (Ed25519) or RFC 7518 §3.2. */
  readonly algorithm: 'EdDSA' | 'HS256';
  readonly accessClaims: (basis: ClaimsBasis) => Claims;
  /** A refresh token without `sub` or `exp` would be refused. */
  readonly refreshClaims: (
    basis: ClaimsBasis & { readonly accessTokenId: string },
  ) => Claims & { readonly sub: string; readonly exp: number };
  /** Claims of a refresh token that must be strings if present; they are not compared. */
  readonly refreshStrings: readonly string[];
}

/** The input of a contract's claims. Times are seconds. */
export interface ClaimsBasis {
  readonly subject: Subject;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Returns the base64 of SHA-256 over the subject and its credential version. */
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

/** Reads the claims of a verified payload; `undefined` if one is missing or any claim has the wrong type. */
export function readPresentedClaims(payload: Claims, refreshStrings: readonly string[]): PresentedClaims | undefined {
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

/** Longer tokens are refused without being parsed. Characters, which are bytes in a compact JWS. */
export const maxTokenLength = 4096;

export interface TokenReaderParts {
  readonly contract: string;
  /** See `TokenProfile`. */
  readonly refreshStrings: readonly string[];
  readonly signer: Pick<Signer, 'verify' | 'verifyLegacy'>;
  readonly store: Pick<RefreshStore, 'readImported'>;
}

/** A verified token with its whole payload, or why it is refused. */
export type TokenReading =
  | { readonly kind: 'read'; readonly presented: PresentedClaims; readonly claims: Claims }
  | { readonly kind: 'refused'; readonly refusal: 'invalid_token' | 'unprocessable_token' };

/**
 * Verifies a presented refresh token and reads its claims. A token of another server has neither session nor generation:
 * it is verified under a legacy key, and its signing input must be imported (README.md, "Imported tokens").
 */
export async function readToken(parts: TokenReaderParts, token: string): Promise<TokenReading> {
  const { contract, refreshStrings, signer, store } = parts;
  if (token.length > maxTokenLength) return refused('invalid_token');
  const claims = await signer.verify(contract, 'refresh', token);
  const presented = claims && readPresentedClaims(claims, refreshStrings);
  if (claims !== undefined && presented !== undefined) return { kind: 'read', presented, claims };

  const legacyClaims = await signer.verifyLegacy(contract, token);
  if (legacyClaims === undefined) return refused(claims === undefined ? 'invalid_token' : 'unprocessable_token');
  const imported = await store.readImported(contract, signingInputHash(token));
  if (imported === undefined) {
    // The secret of the other server may have signed its access tokens too, and be our own access key now.
    const isAccess = (await signer.verify(contract, 'access', token)) !== undefined;
    return refused(isAccess ? 'invalid_token' : 'unprocessable_token');
  }
  const { sessionId: sid, issuedAt: iat, expiresAt: exp } = imported;
  const nbf = notBeforeOf(legacyClaims);
  const jti = refreshTokenId({ id: sid, generation: 0, rotatedAt: iat });
  return { kind: 'read', presented: { sid, gen: 0, jti, iat, exp, nbf }, claims: legacyClaims };
}

function refused(refusal: 'invalid_token' | 'unprocessable_token'): TokenReading {
  return { kind: 'refused', refusal };
}

/**
 * Returns the hex SHA-256 of a token's signing input (RFC 7515 §5.1), which identifies another server's token within its
 * contract. The signature is left out, so that a second spelling of it is the same token.
 */
export function signingInputHash(token: string): string {
  return hash('sha256', token.slice(0, token.lastIndexOf('.')), 'hex');
}

/** Returns seconds; another server may have fractions (RFC 7519 §2). A value that is not a time is never reached. */
function notBeforeOf({ nbf }: Claims): number | undefined {
  if (nbf === undefined) return undefined;
  return typeof nbf === 'number' ? Math.ceil(nbf) : Number.POSITIVE_INFINITY;
}

/** Derives the claims of both tokens of the session's current generation. */
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

/** Derives the `jti` of the current refresh token. A token of this generation with another `jti` is not from this row. */
export function refreshTokenId(session: Pick<Session, 'id' | 'generation' | 'rotatedAt'>): string {
  return tokenId(session, session.rotatedAt, 'refresh', '');
}

/** Derives a version 8 UUID (RFC 9562 §5.8) from SHA-256 over what identifies the token. */
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

/** Reports whether a value is a whole number that can be incremented: seconds and generations. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER;
}
