// Signatures by `node:crypto`: jose sends each to another thread, a round trip that costs ten times an HMAC. A differential
// test compares both. The form of a token is checked before (compact.ts); key and algorithm come from the contract.
import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { Claims } from '../engine/claims.ts';
import { encodeSegment, parseObject } from './compact.ts';
import type { Key } from './key-set.ts';

/** Signs claims as a compact JWS (RFC 7515 §7.1). */
export function signClaims(
  { encodedHeader, algorithm, signingKey }: Pick<Key, 'encodedHeader' | 'algorithm' | 'signingKey'>,
  claims: Claims,
): string {
  const input = `${encodedHeader}.${encodeSegment(claims)}`;
  // Ed25519 (RFC 8037 §3.1) on this thread too: a round trip to another takes longer than to sign.
  const signature = algorithm === 'HS256' ? hmac(input, signingKey) : sign(null, Buffer.from(input), signingKey);
  return `${input}.${signature.toString('base64url')}`;
}

/**
 * Verifies a token, and returns its claims; `undefined` for a wrong signature.
 * @param token a well-formed one, as `readHeader` or `readLegacyHeader` checks
 */
export async function verifyToken(
  { verificationKey, algorithm }: Pick<Key, 'verificationKey' | 'algorithm'>,
  token: string,
): Promise<Claims | undefined> {
  const end = token.lastIndexOf('.');
  const input = token.slice(0, end);
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const isValid =
    algorithm === 'HS256'
      ? isEqual(signature, hmac(input, verificationKey))
      : await isEd25519(input, verificationKey, signature);
  return isValid ? decodeClaims(token) : undefined;
}

/** Decodes the claims of a verified token; none if its payload is not an object, which the engine refuses. */
export function decodeClaims(token: string): Claims {
  const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'));
  return parseObject(Buffer.from(payload, 'base64url')) ?? {};
}

/** RFC 7518 §3.2. */
function hmac(input: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(input).digest();
}

/** Compares in constant time. */
function isEqual(presented: Buffer, expected: Buffer): boolean {
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

/** RFC 8037 §3.1, on another thread: it takes longer than the round trip, and other requests continue. */
function isEd25519(input: string, key: KeyObject, signature: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, Buffer.from(input), key, signature, (reason, isValid) => {
      if (reason === null) resolve(isValid);
      else reject(reason);
    });
  });
}
