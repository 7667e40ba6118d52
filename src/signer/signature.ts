// Signatures by Node's own functions. jose sends each to another thread, and that round trip costs ten times an HMAC. A
// differential test compares both, token by token.
//
// The form of the token is checked before, by compact.ts, and its key and algorithm come from the contract. Nothing in
// the header is trusted here.
import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { Claims } from '../engine/claims.ts';
import { parseObject, segmentOf } from './compact.ts';
import type { Key } from './key-set.ts';

/** A compact JWS (RFC 7515 §7.1) of the claims. */
export function signedBy(
  { encodedHeader, algorithm, signingKey }: Pick<Key, 'encodedHeader' | 'algorithm' | 'signingKey'>,
  claims: Claims,
): string {
  const input = `${encodedHeader}.${segmentOf(claims)}`;
  // Ed25519 (RFC 8037 §3.1) on this thread too: a round trip to another takes longer than to sign.
  const signature =
    algorithm === 'HS256'
      ? hmac(input, signingKey).digest('base64url')
      : sign(null, Buffer.from(input), signingKey).toString('base64url');
  return `${input}.${signature}`;
}

/**
 * The claims of a token in the form of a compact JWS whose signature is the key's; `undefined` where it is not.
 * @param token as `readHeader` or `readLegacyHeader` has found it well-formed
 */
export async function verifiedBy(
  { verificationKey, algorithm }: Pick<Key, 'verificationKey' | 'algorithm'>,
  token: string,
): Promise<Claims | undefined> {
  const end = token.lastIndexOf('.');
  const input = token.slice(0, end);
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const isTheKeys =
    algorithm === 'HS256'
      ? isEqual(signature, hmac(input, verificationKey).digest())
      : await isEd25519(input, verificationKey, signature);
  return isTheKeys ? claimsOf(token) : undefined;
}

/** The claims of a verified token; none where its payload is no object, which the engine refuses. */
export function claimsOf(token: string): Claims {
  const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'));
  return parseObject(Buffer.from(payload, 'base64url')) ?? {};
}

/** RFC 7518 §3.2. */
function hmac(input: string, key: KeyObject): ReturnType<typeof createHmac> {
  return createHmac('sha256', key).update(input);
}

/** In constant time; a part never equals the whole. */
function isEqual(presented: Buffer, expected: Buffer): boolean {
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

/** RFC 8037 §3.1. On another thread: it takes longer than the round trip, and other requests continue. */
function isEd25519(input: string, key: KeyObject, signature: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, Buffer.from(input), key, signature, (reason, isGood) => {
      if (reason === null) resolve(isGood);
      else reject(reason);
    });
  });
}
