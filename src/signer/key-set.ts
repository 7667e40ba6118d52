// Keys as they are sealed at rest: a key set, which is the access key and the refresh key of one contract, rotated
// together; or a legacy key, which is the refresh key of another server.
//
// Access and refresh key are separate so that no token passes for the other kind, and so that a holder of the access
// secret, who verifies with it, cannot sign refresh tokens.
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
  readonly state: Exclude<StoredKeySet['state'], 'legacy'>;
}

/** Verifies imported refresh tokens, and nothing else. It signs nothing; of an Ed25519 key only the public part is kept. */
export interface LegacyKey extends Pick<Key, 'kid' | 'algorithm' | 'verificationKey' | 'thumbprint'> {
  readonly id: string;
  readonly contract: string;
  readonly state: 'legacy';
}

export const uses = ['access', 'refresh'] as const satisfies readonly TokenUse[];

/** The key that seals key sets, made from the master secret (HKDF, RFC 5869). */
export type SealingKey = Uint8Array;

export function sealingKeyFrom(masterSecret: string): SealingKey {
  return new Uint8Array(hkdfSync('sha256', masterSecret, '', 'refract key set sealing', 32));
}

/** Seals a new key set. @param given keys of another server; the others are generated */
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

/** @param refresh as `importedLegacyKey` has read it */
export async function sealLegacyKey(contract: string, refresh: JWK, sealingKey: SealingKey): Promise<NewKeySet> {
  const id = randomBytes(9).toString('base64url');
  return { id, contract, sealed: await seal({ id, contract, refresh }, sealingKey) };
}

async function seal(content: SealedContent, sealingKey: SealingKey): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(sealingKey);
}

/** Whether the key is the one that the set was sealed under. */
export async function opens(stored: StoredKeySet, sealingKey: SealingKey): Promise<boolean> {
  return unseal(stored, sealingKey).then(
    () => true,
    () => false,
  );
}

/** Repeats where another process has changed key sets: two that start at once seal the same ones. */
export async function resealAll(store: KeyStore, from: SealingKey, to: SealingKey): Promise<void> {
  for (let attempts = 0; attempts < 10; attempts += 1) {
    const stored = await store.readKeySets();
    const resealed = await Promise.all(
      stored.map(async (one) => {
        const isDone = await opens(one, to);
        return { id: one.id, from: one.sealed, sealed: isDone ? one.sealed : await seal(await unseal(one, from), to) };
      }),
    );
    if (resealed.every((one) => one.from === one.sealed) || (await store.resealKeySets(resealed))) return;
  }
  throw new RefractError(
    'key',
    'The key sets changed all the time while they were being sealed under the new master secret; try again.',
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

/** Opens what is sealed and imports its keys. @throws RefractError `key` where the master secret or the algorithm is another */
export async function openKeys(
  stored: StoredKeySet,
  algorithm: Algorithm,
  sealingKey: SealingKey,
): Promise<KeySet | LegacyKey> {
  const { id, contract, state } = stored;
  const content = await unseal(stored, sealingKey);
  if (content.id !== id || content.contract !== contract) throw sealedAsAnother(stored);
  const { access, refresh } = content;
  if (state === 'legacy') {
    const { kid, verificationKey, thumbprint } = await importKey(stored, refresh, algorithm);
    return { id, contract, state, kid, algorithm, verificationKey, thumbprint };
  }
  if (access === undefined) throw sealedAsAnother(stored);
  const keys = {
    access: await importKey(stored, access, algorithm),
    refresh: await importKey(stored, refresh, algorithm),
  };
  return { id, contract, state, ...keys };
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
    // Authenticated encryption under our own key: only `seal` can have written it.
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
    const what = stored.state === 'legacy' ? 'legacy key' : 'key set';
    throw new RefractError(
      'key',
      `The ${what} ${stored.id} of ${stored.contract} is for ${String(alg)}, and the contract signs with ${algorithm}.`,
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

/** The key as Node signs and verifies with it. */
export async function importKeyObject(jwk: JWK, algorithm: Algorithm): Promise<KeyObject> {
  const key = await importJWK(jwk, algorithm, { extractable: true });
  return key instanceof Uint8Array ? createSecretKey(key) : KeyObject.from(key);
}

/**
 * Refuses one key for two kinds of tokens or two contracts: a token of one would pass for a token of the other. A legacy
 * key may be another key of its own contract, since it verifies imported tokens alone.
 * @throws RefractError `key`
 */
export function refuseSharedKeys(opened: readonly (KeySet | LegacyKey)[], code: 'key' | 'conflict'): void {
  const places = new Map<string, string>();
  const contracts = new Map<string, string>();
  for (const keys of opened) {
    if (keys.state === 'legacy') continue;
    for (const use of uses) {
      const { thumbprint } = keys[use];
      const place = `the ${use} tokens of ${keys.contract}`;
      const other = places.get(thumbprint) ?? place;
      if (other !== place) {
        throw new RefractError(code, `One key signs both ${other} and ${place}; each needs its own.`);
      }
      places.set(thumbprint, place);
      contracts.set(thumbprint, keys.contract);
    }
  }
  for (const keys of opened) {
    if (keys.state !== 'legacy') continue;
    const { contract, thumbprint } = keys;
    const other = contracts.get(thumbprint) ?? contract;
    if (other !== contract) {
      const sentence = `One key is both of ${other} and a legacy key of ${contract}; each needs its own.`;
      throw new RefractError(code, sentence);
    }
    contracts.set(thumbprint, contract);
  }
}
