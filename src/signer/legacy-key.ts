// A refresh key of another server: it verifies refresh tokens that were imported, and nothing else. It signs nothing
// and is never published; of an Ed25519 key only the public part is kept.
import { randomBytes, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { NewKeySet, StoredKeySet } from './ports.ts';
import { importKeyObject, seal, unsealWhole, type Algorithm, type SealingKey } from './key-set.ts';

/** A legacy key that is ready to verify with. */
export interface LegacyKey {
  readonly id: string;
  readonly contract: string;
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly verificationKey: KeyObject;
  readonly thumbprint: string;
}

/** @param jwk as `importedLegacyKey` has read it */
export async function sealLegacyKey(contract: string, jwk: JWK, sealingKey: SealingKey): Promise<NewKeySet> {
  const id = randomBytes(9).toString('base64url');
  return { id, contract, sealed: await seal({ id, contract, refresh: jwk }, sealingKey) };
}

/** @throws RefractError `key` where the master secret does not open it, or it is no such key */
export async function openLegacyKey(
  stored: StoredKeySet,
  algorithm: Algorithm,
  sealingKey: SealingKey,
): Promise<LegacyKey> {
  const { id, contract } = stored;
  const { refresh: jwk } = await unsealWhole(stored, sealingKey);
  if (jwk.kid === undefined || jwk.alg !== algorithm) {
    throw new RefractError(
      'key',
      `The legacy key ${id} of ${contract} is for ${String(jwk.alg)}, and the contract signs with ${algorithm}.`,
    );
  }
  const verificationKey = await importKeyObject(jwk, algorithm);
  return { id, contract, kid: jwk.kid, algorithm, verificationKey, thumbprint: await calculateJwkThumbprint(jwk) };
}
