// A key that an operator brings along from another server, as the JWK that is sealed.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, type JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { Algorithm } from './key-set.ts';

/** RFC 7518 §3.2: a key of the same size as the hash output, or larger. */
const shortestSecret = 32;

/**
 * Reads a key: a JWK (RFC 7517), an Ed25519 private key in PEM (PKCS #8), or for HS256 the secret's own characters.
 * @throws RefractError `key`, which never repeats any of it
 */
export async function importedKey(text: string, algorithm: Algorithm): Promise<JWK> {
  const jwk = await jwkOf(text.trim(), algorithm);
  return algorithm === 'HS256' ? secretKey(jwk) : ed25519Key(jwk);
}

/**
 * Reads a key that only verifies: the same, and for Ed25519 the public key as well (a JWK, or SPKI in PEM). Of a private
 * key only the public part is returned.
 * @throws RefractError `key`, which never repeats any of it
 */
export async function importedLegacyKey(text: string, algorithm: Algorithm): Promise<JWK> {
  const jwk = await jwkOf(text.trim(), algorithm);
  return algorithm === 'HS256' ? secretKey(jwk) : publicEd25519Key(jwk);
}

async function jwkOf(text: string, algorithm: Algorithm): Promise<JWK> {
  if (text.startsWith('{')) {
    try {
      // Its members are looked at one by one below.
      return JSON.parse(text) as JWK;
    } catch {
      throw new RefractError('invalid', 'The key is not a JWK, although it begins like one: it is not JSON.');
    }
  }
  if (algorithm === 'HS256' && text.startsWith('-----BEGIN')) {
    throw new RefractError('invalid', 'The contract signs with HS256, and the key is no secret.');
  }
  if (algorithm === 'HS256') return { kty: 'oct', k: Buffer.from(text, 'utf8').toString('base64url') };
  try {
    if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return await exportJWK(await importSPKI(text, 'EdDSA'));
    return await exportJWK(await importPKCS8(text, 'EdDSA', { extractable: true }));
  } catch {
    throw new RefractError('invalid', 'The key is neither a JWK nor an Ed25519 private key in PEM (PKCS #8).');
  }
}

function secretKey({ kty, k, kid }: JWK): JWK {
  if (kty !== 'oct' || typeof k !== 'string')
    throw new RefractError('invalid', 'The contract signs with HS256, and the key is no secret.');
  const bytes = Buffer.from(k, 'base64url');
  if (!/^[\w-]*={0,2}$/.test(k)) throw new RefractError('invalid', 'The secret of the JWK is not base64url.');
  const size = bytes.length;
  if (size < shortestSecret) {
    throw new RefractError(
      'invalid',
      `The secret has ${String(size)} bytes; HS256 needs at least ${String(shortestSecret)}.`,
    );
  }
  if (new Set(bytes).size < 4)
    throw new RefractError('invalid', 'The secret is hardly one: it has fewer than four different bytes.');
  return { kty, k, alg: 'HS256', kid: kidOf(kid) ?? randomBytes(16).toString('base64url') };
}

async function ed25519Key({ kty, crv, x, d, kid }: JWK): Promise<JWK> {
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || typeof d !== 'string') {
    throw new RefractError('invalid', 'The contract signs with Ed25519, and the key is no private key of that kind.');
  }
  const jwk = { kty, crv, x, d };
  return { ...jwk, alg: 'EdDSA', kid: kidOf(kid) ?? (await calculateJwkThumbprint(jwk)) };
}

async function publicEd25519Key({ kty, crv, x, kid }: JWK): Promise<JWK> {
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') {
    throw new RefractError('invalid', 'The contract signs with Ed25519, and the key is no key of that kind.');
  }
  const jwk = { kty, crv, x };
  return { ...jwk, alg: 'EdDSA', kid: kidOf(kid) ?? (await calculateJwkThumbprint(jwk)) };
}

/** It travels in the header of every token, which must stay short. */
function kidOf(kid: unknown): string | undefined {
  if (kid === undefined) return undefined;
  if (typeof kid === 'string' && /^[\w.~:=+/-]{1,64}$/.test(kid)) return kid;
  throw new RefractError(
    'invalid',
    'The key has a kid that is empty, longer than 64 characters or has others than letters, digits and - . _ ~ : = + /.',
  );
}
