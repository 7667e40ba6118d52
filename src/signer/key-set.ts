// Keys as they are sealed at rest: a key set, which is the access key and the refresh key of one contract, rotated
// together; or a legacy key, which is the refresh key of another server.
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
import type { KeyStore, NewKeySet, StoredKeySet } from './ports.ts';
import type { TokenUse } from '../engine/ports.ts';

export type Algorithm = 'EdDSA' | 'HS256';

/** A key that is ready to sign and verify. */
export interface Key {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** The member of the JWK Set (RFC 7517); `undefined` for a secret. */
  readonly publicJwk: JWK | undefined;
  /** The protected header of its tokens, as their first segment (RFC 7515 §7.1). */
  readonly encodedHeader: string;
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
  /** RFC 7638: equal thumbprints mean the same key. */
  readonly thumbprint: string;
}

export interface KeySet extends Record<TokenUse, Key> {
  readonly id: string;
  readonly contract: string;
  readonly state: Exclude<StoredKeySet['state'], 'legacy'>;
}

/** Verifies imported refresh tokens, and signs nothing; an Ed25519 key has its public part only. */
export interface LegacyKey extends Pick<Key, 'kid' | 'algorithm' | 'verificationKey' | 'thumbprint'> {
  readonly id: string;
  readonly contract: string;
  readonly state: 'legacy';
}

export const tokenUses = ['access', 'refresh'] as const satisfies readonly TokenUse[];

/** The key that seals key sets, derived from the master secret (HKDF, RFC 5869). */
export type SealingKey = Uint8Array;

export function deriveSealingKey(masterSecret: string): SealingKey {
  return new Uint8Array(hkdfSync('sha256', masterSecret, '', 'refract key set sealing', 32));
}

/** Seals a new key set. @param given keys of another server; missing ones are generated */
export async function generateKeySet(
  contract: string,
  algorithm: Algorithm,
  sealingKey: SealingKey,
  given: Partial<Record<TokenUse, JWK>> = {},
): Promise<NewKeySet> {
  const access = given.access ?? (await generateJwk(algorithm));
  const refresh = given.refresh ?? (await generateJwk(algorithm));
  return sealNew(contract, { access, refresh }, sealingKey);
}

/** Seals keys of a contract under a new id. @param keys of a legacy key, `refresh` alone */
export async function sealNew(
  contract: string,
  keys: Pick<SealedContent, 'access' | 'refresh'>,
  sealingKey: SealingKey,
): Promise<NewKeySet> {
  // A leading `-` would read as an option on the command line.
  const id = randomBytes(9).toString('base64url').replace(/^-/, 'A');
  return { id, contract, sealed: await seal({ id, contract, ...keys }, sealingKey) };
}

async function generateJwk(algorithm: Algorithm): Promise<JWK> {
  if (algorithm === 'HS256') {
    // 256 bits, the least of RFC 7518 §3.2. The `kid` is random: a thumbprint would disclose a part of the secret.
    const secret = await exportJWK(await generateSecret('HS256', { extractable: true }));
    return { ...secret, alg: algorithm, kid: randomBytes(16).toString('base64url') };
  }
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: algorithm, kid: await calculateJwkThumbprint(jwk) };
}

interface SealedContent {
  readonly id: string;
  readonly contract: string;
  /** Missing in a legacy key. */
  readonly access?: JWK;
  readonly refresh: JWK;
}

async function seal(content: SealedContent, sealingKey: SealingKey): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(sealingKey);
}

async function unseal(stored: StoredKeySet, sealingKey: SealingKey): Promise<SealedContent> {
  try {
    const { plaintext } = await compactDecrypt(stored.sealed, sealingKey, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    // Authenticated encryption under our own key: only `seal` can have written it.
    return JSON.parse(new TextDecoder().decode(plaintext)) as SealedContent;
  } catch {
    const advice = 'use the master secret that they were sealed under';
    throw new RefractError('key', `The master secret does not open the keys of ${stored.contract}; ${advice}.`);
  }
}

/** Whether a key set was sealed under the key. */
export async function canUnseal(stored: StoredKeySet, sealingKey: SealingKey): Promise<boolean> {
  return unseal(stored, sealingKey).then(
    () => true,
    () => false,
  );
}

/** Seals key sets again, under another key. Retries after changes by another process: two that start at once do the same. */
export async function resealKeySets(store: KeyStore, from: SealingKey, to: SealingKey): Promise<void> {
  for (let attempts = 0; attempts < 10; attempts += 1) {
    const resealed = await Promise.all(
      (await store.readKeySets()).map(async (stored) => {
        const { id, sealed } = stored;
        const isDone = await canUnseal(stored, to);
        return { id, from: sealed, sealed: isDone ? sealed : await seal(await unseal(stored, from), to) };
      }),
    );
    if (resealed.every((one) => one.from === one.sealed) || (await store.resealKeySets(resealed))) return;
  }
  throw new RefractError('key', 'The key sets changed while the new master secret was being applied; start again.');
}

/** Unseals and imports keys. @throws RefractError `key` where the master secret or the algorithm does not match */
export async function openKeys(
  stored: StoredKeySet,
  algorithm: Algorithm,
  sealingKey: SealingKey,
): Promise<KeySet | LegacyKey> {
  const { id, contract, state } = stored;
  const { access, refresh, ...sealed } = await unseal(stored, sealingKey);
  if (sealed.id !== id || sealed.contract !== contract || (state !== 'legacy' && access === undefined)) {
    const advice = 'restore the database from a backup';
    throw new RefractError('key', `The key set ${id} of ${contract} was sealed as another one; ${advice}.`);
  }
  const refreshKey = await importKey(stored, refresh, algorithm);
  if (state === 'legacy' || access === undefined) {
    const { kid, verificationKey, thumbprint } = refreshKey;
    return { id, contract, state: 'legacy', kid, algorithm, verificationKey, thumbprint };
  }
  return { id, contract, state, access: await importKey(stored, access, algorithm), refresh: refreshKey };
}

async function importKey({ id, contract, state }: StoredKeySet, jwk: JWK, algorithm: Algorithm): Promise<Key> {
  const { kid, alg } = jwk;
  if (kid === undefined || alg !== algorithm) {
    const what = `The ${state === 'legacy' ? 'legacy key' : 'key set'} ${id} of ${contract} is for ${String(alg)}`;
    throw new RefractError('key', `${what}, but the contract signs with ${algorithm}.`);
  }
  const publicJwk = algorithm === 'EdDSA' ? publicPartOf(jwk, kid) : undefined;
  const signingKey = await importKeyObject(jwk, algorithm);
  return {
    kid,
    algorithm,
    publicJwk,
    encodedHeader: encodeSegment({ typ: 'JWT', alg: algorithm, kid }),
    signingKey,
    verificationKey: publicJwk === undefined ? signingKey : await importKeyObject(publicJwk, algorithm),
    thumbprint: await calculateJwkThumbprint(jwk),
  };
}

/** Copies the public members by name, so that it never contains a private one (RFC 8037 §2). */
function publicPartOf({ kty, crv, x }: JWK, kid: string): JWK {
  return { ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }), kid, use: 'sig', alg: 'EdDSA' };
}

/** Imports a key for `node:crypto`. */
export async function importKeyObject(jwk: JWK, algorithm: Algorithm): Promise<KeyObject> {
  const key = await importJWK(jwk, algorithm, { extractable: true });
  return key instanceof Uint8Array ? createSecretKey(key) : KeyObject.from(key);
}

/**
 * Refuses one key for two kinds of tokens or two contracts: a token of one would be accepted as a token of the other. A
 * legacy key may equal another key of its own contract, since it verifies imported tokens alone.
 */
export function refuseSharedKeys(opened: readonly (KeySet | LegacyKey)[], code: 'key' | 'conflict'): void {
  const purposes = new Map<string, string>();
  const contracts = new Map<string, string>();
  for (const keys of opened) {
    if (keys.state === 'legacy') continue;
    for (const use of tokenUses) {
      const { thumbprint } = keys[use];
      const purpose = `the ${use} tokens of ${keys.contract}`;
      const other = purposes.get(thumbprint) ?? purpose;
      if (other !== purpose) {
        throw new RefractError(code, `One key signs both ${other} and ${purpose}; use a separate key for each.`);
      }
      purposes.set(thumbprint, purpose);
      contracts.set(thumbprint, keys.contract);
    }
  }
  for (const keys of opened) {
    if (keys.state !== 'legacy') continue;
    const { contract, thumbprint } = keys;
    const other = contracts.get(thumbprint) ?? contract;
    if (other !== contract) {
      const what = `A key of ${other} is also a legacy key of ${contract}`;
      throw new RefractError(code, `${what}; use a separate key for each.`);
    }
    contracts.set(thumbprint, contract);
  }
}

/** Encodes a JSON object as a segment of a token (RFC 7515 §2). */
export function encodeSegment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
