// From a presented refresh token to the claims that decide. Ordinary tokens say them themselves; a token that another
// server gave says neither session nor generation, and counts only if it was imported.
//
// Why an imported token may pass for generation 0: its signature was verified before the store was asked, and the hash
// of its signing input was taken over for this contract together with its session. Nothing else bears that hash, and we
// never sign a generation 0 of an imported session, so that this token is the only one of its generation. The `jti`
// that it is given is the one that the row of generation 0 derives, from what was written when it was imported and
// never changes. From there on the ordinary rule decides: current, predecessor or older.
//
// Ordinary tokens do not change by this: a token with `sid` and `gen` under our key is never looked up here.
import { createHash } from 'node:crypto';
import { readPresented, refreshTokenId, type Claims, type PresentedToken } from './claims.ts';
import type { RefreshStore, Signer } from './ports.ts';

/** Longer tokens are refused unread. Characters, which are bytes in a compact JWS. */
export const longestToken = 4096;

export interface PresentedParts {
  readonly contract: string;
  /** Claims that are strings in its refresh tokens. */
  readonly refreshStrings: readonly string[];
  readonly signer: Pick<Signer, 'verify' | 'verifyLegacy'>;
  readonly store: Pick<RefreshStore, 'readImported'>;
}

/** What was presented, with all that it claims; or why it cannot be processed. */
export type ReadToken =
  | { readonly kind: 'read'; readonly presented: PresentedToken; readonly claims: Claims }
  | { readonly kind: 'refused'; readonly refusal: 'invalid_token' | 'unprocessable_token' };

/**
 * Judges form, algorithm, key and signature, and whether a token says what decides. The store is asked only about a
 * token that was verified under a legacy key.
 */
export async function readToken(parts: PresentedParts, token: string): Promise<ReadToken> {
  const { contract, refreshStrings, signer, store } = parts;
  if (token.length > longestToken) return refused('invalid_token');
  const claims = await signer.verify(contract, 'refresh', token);
  const presented = claims && readPresented(claims, refreshStrings);
  if (claims !== undefined && presented !== undefined) return { kind: 'read', presented, claims };

  const legacy = await signer.verifyLegacy(contract, token);
  if (legacy === undefined) return refused(claims === undefined ? 'invalid_token' : 'unprocessable_token');
  const imported = await store.readImported(contract, signingInputHash(token));
  if (imported === undefined) {
    // One secret may have signed access tokens too, and be our own access key by now.
    const isAccess = (await signer.verify(contract, 'access', token)) !== undefined;
    return refused(isAccess ? 'invalid_token' : 'unprocessable_token');
  }
  const { sessionId: sid, issuedAt: iat, expiresAt: exp } = imported;
  const nbf = notBeforeOf(legacy);
  const jti = refreshTokenId({ id: sid, generation: 0, rotatedAt: iat });
  return { kind: 'read', presented: { sid, gen: 0, jti, iat, exp, nbf }, claims: legacy };
}

/**
 * The name of another server's token in its contract: SHA-256 of its signing input (RFC 7515 §5.1), in hexadecimal
 * digits. Not of its signature, so that no second spelling of one makes another token of it. In its contract only: two
 * servers may sign the same claims, each with its own key.
 */
export function signingInputHash(token: string): string {
  return createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
}

/** Seconds; another server may have written parts of one (RFC 7519 §2). Never, for what is no time: it was imported as one. */
function notBeforeOf({ nbf }: Claims): number | undefined {
  if (nbf === undefined) return undefined;
  return typeof nbf === 'number' ? Math.ceil(nbf) : Number.POSITIVE_INFINITY;
}

function refused(refusal: 'invalid_token' | 'unprocessable_token'): ReadToken {
  return { kind: 'refused', refusal };
}
