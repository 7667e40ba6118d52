// A key set: the access key and the refresh key of one contract, rotated together, sealed at rest.
//
// The two are apart so that no token passes for the other kind, and so that whoever holds an access secret to verify
// with cannot mint refresh tokens.
import { createSecretKey, hkdfSync, KeyObject, randomBytes } from 'node:crypto';
import {
  calculateJwkThumbprint,
  CompactEncrypt,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  generateSecret,
  importJWK,
  type JWK,
} from 'jose';
import { RefractError } from '../errors.ts';
import type { NewKeySet, StoredKeySet } from './ports.ts';
import type { TokenUse } from '../engine/ports.ts';
import { segmentOf } from './compact.ts';

export type Algorithm = 'EdDSA' | 'HS256';

/** A key that is ready to sign and verify with. */
export interface Key {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** What is published in a JWKS (RFC 7517); `undefined` for a secret. */
  readonly publicJwk: JWK | undefined;
  /** The protected header of what it signs, as the first segment of a token (RFC 7515 §7.1). */
  readonly encodedHeader: string;
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
  /** The RFC 7638 thumbprint: two keys with the same one are the same key. */
  readonly thumbprint: string;
}

export interface KeySet extends Record<TokenUse, Key> {
  readonly id: string;
  readonly contract: string;
  readonly state: StoredKeySet['state'];
}

/** The key that seals key sets, made from the master secret (HKDF, RFC 5869). */
export type SealingKey = Uint8Array;

export function sealingKeyFrom(masterSecret: string): SealingKey {
  return new Uint8Array(hkdfSync('sha256', masterSecret, '', 'refract key set sealing', 32));
}

/** Generates a fresh key set and seals it. @param given keys that are brought along instead of generated */
export async function generateKeySet(
  contract: string,
  algorithm: Algorithm,
  sealingKey: SealingKey,
  given: Partial<Record<TokenUse, JWK>> = {},
): Promise<NewKeySet> {
  const id = randomBytes(9).toString('base64url');
  const access = given.access ?? (await generateJwk(algorithm));
  const refresh = given.refresh ?? (await generateJwk(algorithm));
  return { id, contract, sealed: await seal({ id, contract, access, refresh }, sealingKey) };
}

export async function seal(content: SealedContent, sealingKey: SealingKey): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(sealingKey);
}

/** The same key set, sealed under another key. */
export async function sealAnew(stored: StoredKeySet, from: SealingKey, to: SealingKey): Promise<string> {
  return seal(await unseal(stored, from), to);
}

/** Whether the key is the one that the set was sealed under. */
export async function opens(stored: StoredKeySet, sealingKey: SealingKey): Promise<boolean> {
  return unseal(stored, sealingKey).then(
    () => true,
    () => false,
  );
}

interface SealedContent {
  readonly id: string;
  readonly contract: string;
  /** Missing of a legacy key. */
  readonly access?: JWK;
  readonly refresh: JWK;
}

async function generateJwk(algorithm: Algorithm): Promise<JWK> {
  if (algorithm === 'HS256') {
    // 256 bits, as RFC 7518 §3.2 asks at least. A thumbprint of a secret would tell something about it: random `kid`.
    const secret = await exportJWK(await generateSecret('HS256', { extractable: true }));
    return { ...secret, alg: algorithm, kid: randomBytes(16).toString('base64url') };
  }
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: algorithm, kid: await calculateJwkThumbprint(jwk) };
}

/** Opens a sealed key set and imports its keys, once. @throws RefractError `key` where the master secret does not open it */
export async function openKeySet(stored: StoredKeySet, algorithm: Algorithm, sealingKey: SealingKey): Promise<KeySet> {
  const { access, refresh } = await unsealWhole(stored, sealingKey);
  if (access === undefined) throw sealedAsAnother(stored);
  return {
    id: stored.id,
    contract: stored.contract,
    state: stored.state,
    access: await importKey(stored, access, algorithm),
    refresh: await importKey(stored, refresh, algorithm),
  };
}

/** What was sealed as this very key set. @throws RefractError `key` for what was sealed as another one */
export async function unsealWhole(stored: StoredKeySet, sealingKey: SealingKey): Promise<SealedContent> {
  const content = await unseal(stored, sealingKey);
  if (content.id !== stored.id || content.contract !== stored.contract) throw sealedAsAnother(stored);
  return content;
}

function sealedAsAnother({ id, contract }: StoredKeySet): RefractError {
  return new RefractError(
    'key',
    `The key set ${id} of ${contract} was sealed as another one; restore the database from a backup.`,
  );
}

async function unseal(stored: StoredKeySet, sealingKey: SealingKey): Promise<SealedContent> {
  try {
    const { plaintext } = await compactDecrypt(stored.sealed, sealingKey, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    // Authenticated encryption under our own key: only generateKeySet can have written it.
    return JSON.parse(new TextDecoder().decode(plaintext)) as SealedContent;
  } catch {
    throw new RefractError(
      'key',
      `The master secret does not open the keys of ${stored.contract} in this database; give the one they were sealed under.`,
    );
  }
}

async function importKey(stored: StoredKeySet, jwk: JWK, algorithm: Algorithm): Promise<Key> {
  const { kid, alg } = jwk;
  if (kid === undefined || alg !== algorithm) {
    throw new RefractError(
      'key',
      `The key set ${stored.id} of ${stored.contract} is for ${String(alg)}, and the contract signs with ${algorithm}.`,
    );
  }
  const publicJwk = algorithm === 'EdDSA' ? publicPartOf(jwk, kid) : undefined;
  const signingKey = await importKeyObject(jwk, algorithm);
  return {
    kid,
    algorithm,
    publicJwk,
    encodedHeader: segmentOf({ typ: 'JWT', alg: algorithm, kid }),
    signingKey,
    verificationKey: publicJwk === undefined ? signingKey : await importKeyObject(publicJwk, algorithm),
    thumbprint: await calculateJwkThumbprint(jwk),
  };
}

/** The public members by name, so that a private one cannot slip through (RFC 8037 §2). */
function publicPartOf({ kty, crv, x }: JWK, kid: string): JWK {
  return { ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }), kid, use: 'sig', alg: 'EdDSA' };
}

/** The key as Node's own signatures take it, imported once. */
export async function importKeyObject(jwk: JWK, algorithm: Algorithm): Promise<KeyObject> {
  const key = await importJWK(jwk, algorithm, { extractable: true });
  return key instanceof Uint8Array ? createSecretKey(key) : KeyObject.from(key);
}
