// Reads a key of another server into the JWK that is sealed.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, type JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { Algorithm } from './key-set.ts';

/** RFC 7518 §3.2: a key of the same size as the hash output, or larger. */
const shortestSecret = 32;

/**
 * Reads a key: a JWK (RFC 7517), an Ed25519 private key in PEM (PKCS #8), or for HS256 the characters of the secret.
 * @param use of a `legacy` Ed25519 key only the public part is returned, and may be given alone (as a JWK, or SPKI in PEM)
 * @throws RefractError `invalid`, without any part of the key
 */
export async function readKey(text: string, algorithm: Algorithm, use: 'signing' | 'legacy'): Promise<JWK> {
  const jwk = await parseKey(text.trim(), algorithm);
  return algorithm === 'HS256' ? readSecret(jwk) : readEd25519(jwk, use);
}

async function parseKey(text: string, algorithm: Algorithm): Promise<JWK> {
  if (text.startsWith('{')) {
    try {
      // Its members are checked one by one below.
      return JSON.parse(text) as JWK;
    } catch {
      throw new RefractError('invalid', 'The key begins like a JWK, but is not valid JSON.');
    }
  }
  if (algorithm === 'HS256') {
    if (text.startsWith('-----BEGIN')) throw new RefractError('invalid', notASecret);
    return { kty: 'oct', k: Buffer.from(text, 'utf8').toString('base64url') };
  }
  try {
    if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return await exportJWK(await importSPKI(text, 'EdDSA'));
    return await exportJWK(await importPKCS8(text, 'EdDSA', { extractable: true }));
  } catch {
    throw new RefractError('invalid', 'The key is neither a JWK nor an Ed25519 private key in PEM (PKCS #8).');
  }
}

const notASecret = 'The contract signs with HS256, and this key is not a secret.';

function readSecret({ kty, k, kid }: JWK): JWK {
  if (kty !== 'oct' || typeof k !== 'string') throw new RefractError('invalid', notASecret);
  if (!/^[\w-]*={0,2}$/.test(k)) throw new RefractError('invalid', 'The secret of the JWK is not base64url.');
  const bytes = Buffer.from(k, 'base64url');
  if (bytes.length < shortestSecret) {
    const size = `The secret has ${String(bytes.length)} bytes`;
    throw new RefractError('invalid', `${size}; HS256 needs at least ${String(shortestSecret)}.`);
  }
  if (new Set(bytes).size < 4) {
    throw new RefractError('invalid', 'The secret can be guessed: it has fewer than four different bytes.');
  }
  return { kty, k, alg: 'HS256', kid: readKid(kid) ?? randomBytes(16).toString('base64url') };
}

async function readEd25519({ kty, crv, x, d, kid }: JWK, use: 'signing' | 'legacy'): Promise<JWK> {
  const isSigning = use === 'signing';
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || (isSigning && typeof d !== 'string')) {
    const wanted = isSigning ? 'an Ed25519 private key' : 'an Ed25519 key';
    throw new RefractError('invalid', `The contract signs with Ed25519, and this key is not ${wanted}.`);
  }
  const jwk = { kty, crv, x };
  const secret = isSigning && d !== undefined ? { d } : {};
  return { ...jwk, ...secret, alg: 'EdDSA', kid: readKid(kid) ?? (await calculateJwkThumbprint(jwk)) };
}

/** The header of every token contains the `kid`, and must stay short. */
function readKid(kid: unknown): string | undefined {
  if (kid === undefined || (typeof kid === 'string' && /^[\w.~:=+/-]{1,64}$/.test(kid))) return kid;
  throw new RefractError(
    'invalid',
    'The kid of the key is not 1 to 64 letters, digits or characters of - . _ ~ : = + /.',
  );
}
