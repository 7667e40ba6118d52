// Tokens as compact JWS (RFC 7515 §7.1): form and signature. `node:crypto` signs, because jose sends each signature to another
// thread, a round trip that costs ten times an HMAC; a differential test compares both.
import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { Claims } from '../engine/claims.ts';
import { encodeSegment, type Key } from './key-set.ts';

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

/** The protected header as this server writes it. Any other member is refused: `crit`, `jwk`, `jku`, `x5u`, `b64`, `zip`. */
export interface Header {
  readonly typ: 'JWT';
  readonly alg: string;
  readonly kid: string;
}

/** The protected header of another server's token, which may name no key. Any other member is refused as well. */
export interface LegacyHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Reads the header of a well-formed token; `undefined` for any other text. */
export function readHeader(token: string): Header | undefined {
  const header = readAnyHeader(token);
  if (header === undefined || Object.keys(header).length !== 3) return undefined;
  const { typ, alg, kid } = header;
  return typ === 'JWT' && typeof alg === 'string' && typeof kid === 'string' ? { typ, alg, kid } : undefined;
}

/** The same for another server's token: `typ` and `kid` may be missing (RFC 7515 §4.1). */
export function readLegacyHeader(token: string): LegacyHeader | undefined {
  const { typ, alg, kid, ...others } = readAnyHeader(token) ?? {};
  const isTyped = isOptionalText(typ) && isOptionalText(kid) && typeof alg === 'string';
  return isTyped && Object.keys(others).length === 0 ? { alg, kid } : undefined;
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function readAnyHeader(token: string): Readonly<Record<string, unknown>> | undefined {
  const segments = token.split('.', 4);
  const [header] = segments;
  if (segments.length !== 3 || header === undefined || !segments.every(isCanonicalBase64url)) return undefined;
  return parseObject(Buffer.from(header, 'base64url'));
}

/** Parses a JSON object; `undefined` for other JSON, invalid JSON and bytes that are not UTF-8. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 4648 §3.5 and §5: no padding, no foreign character, no unused bits at the end, so every token has one spelling. */
function isCanonicalBase64url(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}
