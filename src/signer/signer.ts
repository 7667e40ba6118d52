// Signs and verifies tokens. Keys are opened and imported once, and never leave this module.
import { CompactSign, compactVerify, errors, type JWK } from 'jose';
import type { KeyStore, Signer, StoredKeySet, TokenUse } from '../engine/ports.ts';
import { Unavailable } from '../engine/unavailable.ts';
import { parseObject, readHeader } from './compact.ts';
import { KeyError } from './key-error.ts';
import {
  generateKeySet,
  openKeySet,
  sealingKeyFrom,
  type Algorithm,
  type Key,
  type KeySet,
  type SealingKey,
} from './key-set.ts';
import { loadMasterSecret, type MasterSecretSource } from './master-secret.ts';

/** A signer that also says what it publishes. */
export interface PublishingSigner extends Signer {
  /** The contract's public access keys (RFC 7517 §5). Refresh keys and secrets are never in it. */
  readonly jwks: (contract: string) => { readonly keys: readonly JWK[] };
}

/**
 * Opens the key sets of all contracts, after making one for each contract that has none.
 * @throws KeyError with one sentence where the master secret or the keys cannot be used
 */
export async function createSigner(
  store: KeyStore,
  source: MasterSecretSource,
  algorithms: ReadonlyMap<string, Algorithm>,
): Promise<PublishingSigner> {
  const existing = await store.readKeySets();
  const sealingKey = sealingKeyFrom(loadMasterSecret(source, existing.length === 0));
  // Whether the secret is the right one shows here, before anything new is sealed under it.
  let keySets = await openAll(existing, algorithms, sealingKey);
  const wanting = [...algorithms].filter(
    ([contract]) => !keySets.some((one) => one.contract === contract && one.state === 'active'),
  );
  for (const [contract, algorithm] of wanting) {
    await store.addFirstKeySet(await generateKeySet(contract, algorithm, sealingKey));
  }
  if (wanting.length > 0) keySets = await openAll(await store.readKeySets(), algorithms, sealingKey);
  refuseSharedKeys(keySets);
  return signerOf(keySets);
}

async function openAll(
  storedKeySets: readonly StoredKeySet[],
  algorithms: ReadonlyMap<string, Algorithm>,
  sealingKey: SealingKey,
): Promise<readonly KeySet[]> {
  const keySets: KeySet[] = [];
  for (const stored of storedKeySets) {
    const algorithm = algorithms.get(stored.contract);
    if (algorithm !== undefined) keySets.push(await openKeySet(stored, algorithm, sealingKey));
  }
  return keySets;
}

/** One key for two contracts or two uses would let a token of the one pass for a token of the other. */
function refuseSharedKeys(keySets: readonly KeySet[]): void {
  const places = new Map<string, string>();
  for (const keySet of keySets) {
    for (const use of uses) {
      const place = `the ${use} tokens of ${keySet.contract}`;
      const other = places.get(keySet[use].thumbprint) ?? place;
      if (other !== place) throw new KeyError(`One key signs both ${other} and ${place}; each needs its own.`);
      places.set(keySet[use].thumbprint, place);
    }
  }
}

const uses: readonly TokenUse[] = ['access', 'refresh'];

function signerOf(keySets: readonly KeySet[]): PublishingSigner {
  const byId = new Map(keySets.map((keySet) => [keySet.id, keySet]));
  const activeIds = new Map(
    keySets.filter(({ state }) => state === 'active').map(({ contract, id }) => [contract, id]),
  );
  const keysByPlace = new Map<string, Key>();
  for (const keySet of keySets) {
    for (const use of uses) keysByPlace.set(placeOf(keySet.contract, use, keySet[use].kid), keySet[use]);
  }

  return {
    activeKeyId: (contract) => {
      const id = activeIds.get(contract);
      if (id === undefined) throw new Unavailable(`${contract} has no active key set`);
      return id;
    },

    sign: async (contract, use, keyId, claims) => {
      const keySet = byId.get(keyId);
      if (keySet?.contract !== contract) throw new Unavailable(`the key set ${keyId} of ${contract} is not loaded`);
      const { kid, algorithm, signingKey } = keySet[use];
      return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ typ: 'JWT', alg: algorithm, kid })
        .sign(signingKey);
    },

    verify: async (contract, use, token) => {
      const header = readHeader(token);
      const key = header && keysByPlace.get(placeOf(contract, use, header.kid));
      // The key says which algorithm it is for; the header may only agree (RFC 8725 §3.1).
      if (key === undefined || header?.alg !== key.algorithm) return undefined;
      try {
        const { payload } = await compactVerify(token, key.verificationKey, { algorithms: [key.algorithm] });
        // We signed it, whatever it is: what is no object has no claims, and that is for the engine to refuse.
        return parseObject(payload) ?? {};
      } catch (reason) {
        if (reason instanceof errors.JOSEError) return undefined;
        throw reason;
      }
    },

    jwks: (contract) => ({
      keys: keySets.flatMap((keySet) =>
        keySet.contract === contract && keySet.access.publicJwk !== undefined ? [keySet.access.publicJwk] : [],
      ),
    }),
  };
}

function placeOf(contract: string, use: TokenUse, kid: string): string {
  return `${contract} ${use} ${kid}`;
}
