// Signs and verifies tokens. Keys are opened and imported once, and never leave this module.
import type { JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { KeyStore, StoredKeySet } from './ports.ts';
import type { Signer, TokenUse } from '../engine/ports.ts';
import { createKeyLifecycle, type KeyLifecycle } from './key-lifecycle.ts';
import {
  deriveSealingKey,
  generateKeySet,
  openKeys,
  refuseSharedKeys,
  resealKeySets,
  tokenUses,
  type Algorithm,
  type Key,
  type KeySet,
  type LegacyKey,
} from './key-set.ts';
import { loadMasterSecret, type MasterSecretSource } from './master-secret.ts';
import { createSignedTokens, type SignedTokens } from './signed-tokens.ts';
import { decodeClaims, readHeader, readLegacyHeader, signClaims, verifyToken } from './signature.ts';

/** A signer that also publishes its keys and follows their changes. */
export interface PublishingSigner extends Signer {
  /** The JWK Set of a contract: its public access keys (RFC 7517 §5), never refresh keys or secrets. */
  readonly jwks: (contract: string) => { readonly keys: readonly JWK[] };
  /**
   * Loads changes of the store, by this process or another; open keys stay open.
   * @throws RefractError `key` if an added key set cannot be opened; the others are loaded
   */
  readonly reload: () => Promise<void>;
  readonly keys: KeyLifecycle;
}

/**
 * Opens the key sets of all contracts, and generates one for each contract without. Key sets under the previous master
 * secret are sealed again under the present one.
 * @param reloaded called at the end of every reload, for another signer of the same keys
 * @throws RefractError `key` if the master secret or the keys cannot be used
 */
export async function createSigner(
  store: KeyStore,
  source: MasterSecretSource,
  algorithms: ReadonlyMap<string, Algorithm>,
  reloaded: () => Promise<void> = () => Promise.resolve(),
): Promise<PublishingSigner> {
  const existing = await store.readKeySets();
  const sealingKey = deriveSealingKey(loadMasterSecret(source, existing.length === 0));
  if (source.previous !== undefined) await resealKeySets(store, deriveSealingKey(source.previous), sealingKey);

  const opened = new Map<string, KeySet | LegacyKey>();
  const openOnce = async (stored: StoredKeySet, algorithm: Algorithm): Promise<KeySet | LegacyKey> => {
    const known = opened.get(stored.id) ?? (await openKeys(stored, algorithm, sealingKey));
    opened.set(stored.id, known);
    return known.state === 'legacy' || stored.state === 'legacy' ? known : { ...known, state: stored.state };
  };
  let index = indexKeys([]);
  const signedTokens = createSignedTokens();
  const loadNow = async (): Promise<LoadResult> => {
    const stored = await store.readKeySets();
    const before = index;
    const loaded: (KeySet | LegacyKey)[] = [];
    const failures: LoadResult[] = [];
    const unopened = new Set<string>();
    for (const keySet of loadOrder.flatMap((state) => stored.filter((one) => one.state === state))) {
      const algorithm = algorithms.get(keySet.contract);
      if (algorithm === undefined) continue;
      try {
        const keys = await openOnce(keySet, algorithm);
        refuseSharedKeys([...loaded, keys], 'key');
        loaded.push(keys);
      } catch (reason) {
        const isInUse = keySet.state === 'active' || keySet.state === 'retired';
        failures.push({ failure: reason instanceof Error ? reason : new Error(String(reason)), isInUse });
        if (isInUse) unopened.add(keySet.contract);
      }
    }
    for (const id of opened.keys()) if (!stored.some((one) => one.id === id)) opened.delete(id);
    index = indexKeys(loaded, unopened);
    if (index.fingerprint !== before.fingerprint) signedTokens.forget();
    return failures[0] ?? { isInUse: false };
  };
  let loading: Promise<unknown> = Promise.resolve();
  /** Loads one after the other, so that an earlier read never replaces a later one. */
  const load = (): Promise<LoadResult> => {
    const result = loading.then(loadNow);
    loading = result.catch(() => undefined);
    return result;
  };
  const reload = async (): Promise<void> => {
    const { failure } = await load();
    await reloaded();
    if (failure !== undefined) throw failure;
  };

  // A wrong master secret fails here, before a new key set is sealed under it.
  const loadForStart = async (): Promise<void> => {
    const { failure, isInUse } = await load();
    if (failure !== undefined && isInUse) throw failure;
  };
  await loadForStart();
  const missing = [...algorithms].filter(([contract]) => !index.activeIds.has(contract));
  for (const [contract, algorithm] of missing) {
    await store.addFirstKeySet(await generateKeySet(contract, algorithm, sealingKey));
  }
  if (missing.length > 0) await loadForStart();

  return {
    ...createKeyUser(() => index, signedTokens, throttle(load)),
    reload,
    keys: createKeyLifecycle({ store, algorithms, sealingKey, reload }),
  };
}

/** Milliseconds: how long a token may wait for a load, and the shortest time between two loads. */
const loadPeriodMs = 50;

/** Any token can cause a load, so many share the next one. One in flight may have read too early, and is not shared. */
function throttle(load: () => Promise<unknown>): () => Promise<void> {
  let next: Promise<void> | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  const loadLater = async (): Promise<void> => {
    const waitMs = Math.max(0, lastAt + loadPeriodMs - performance.now());
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    next = undefined;
    lastAt = performance.now();
    await load();
  };
  return () => (next ??= loadLater());
}

interface LoadResult {
  /** Why the first key set that failed could not be loaded. */
  readonly failure?: Error;
  /** Whether that key set signs or has signed. */
  readonly isInUse: boolean;
}

/** Of key sets that share a key only the first is loaded: an added or damaged key set never displaces one in use. */
const loadOrder = ['active', 'retired', 'next', 'legacy'] as const;

/** The loaded keys, by what they are looked up by. */
interface KeyIndex {
  readonly keySets: readonly KeySet[];
  readonly byId: ReadonlyMap<string, KeySet>;
  readonly activeIds: ReadonlyMap<string, string>;
  /** By contract, use and `kid`. */
  readonly keys: ReadonlyMap<string, Key>;
  readonly kids: ReadonlySet<string>;
  readonly legacyKeys: readonly LegacyKey[];
  /** Contracts with a key set in use that could not be opened. */
  readonly unopened: ReadonlySet<string>;
  /** Changes with every change of key sets. */
  readonly fingerprint: string;
}

function indexKeys(loaded: readonly (KeySet | LegacyKey)[], unopened: ReadonlySet<string> = new Set()): KeyIndex {
  const keySets = loaded.filter((one) => one.state !== 'legacy');
  const active = keySets.filter(({ state }) => state === 'active');
  const keys = keySets.flatMap((keySet) =>
    tokenUses.map((use) => [lookupKey(keySet.contract, use, keySet[use].kid), keySet[use]] as const),
  );
  return {
    keySets,
    legacyKeys: loaded.filter((one) => one.state === 'legacy'),
    unopened,
    byId: new Map(keySets.map((keySet) => [keySet.id, keySet])),
    activeIds: new Map(active.map(({ contract, id }) => [contract, id])),
    kids: new Set(keys.map(([, { kid }]) => kid)),
    keys: new Map(keys),
    fingerprint: keySets.map(({ id, state }) => `${id} ${state}`).join('\n'),
  };
}

function lookupKey(contract: string, use: TokenUse, kid: string): string {
  return `${contract} ${use} ${kid}`;
}

/** @param loadAgain loads key sets that another process may have added */
function createKeyUser(
  index: () => KeyIndex,
  signedTokens: SignedTokens,
  loadAgain: () => Promise<void>,
): Signer & Pick<PublishingSigner, 'jwks'> {
  return {
    activeKeyId: (contract) => {
      const id = index().activeIds.get(contract);
      if (id === undefined) throw new RefractError('unavailable', `${contract} has no active key set`);
      return id;
    },

    sign: async (contract, use, keyId, claims) => {
      if (!index().byId.has(keyId)) await loadAgain();
      const keySet = index().byId.get(keyId);
      if (keySet?.contract !== contract) {
        throw new RefractError('unavailable', `the key set ${keyId} of ${contract} is not loaded`);
      }
      const token = signClaims(keySet[use], claims);
      if (use === 'refresh') signedTokens.remember(token, keySet[use]);
      return token;
    },

    verify: async (contract, use, token) => {
      const signedBy = use === 'refresh' ? signedTokens.keyOf(token) : undefined;
      // The key must be in use for this contract and use, as for any other token.
      const isKnown = signedBy !== undefined && index().keys.get(lookupKey(contract, use, signedBy.kid)) === signedBy;
      if (isKnown) return decodeClaims(token);
      const header = readHeader(token);
      if (header === undefined) return undefined;
      // A known key of another contract or use will not become one of this: no load for it.
      if (!index().kids.has(header.kid)) await loadAgain();
      const key = index().keys.get(lookupKey(contract, use, header.kid));
      if (key === undefined && index().unopened.has(contract)) {
        throw new RefractError('unavailable', `a key set of ${contract} is not open`);
      }
      // The key determines the algorithm; the header must match (RFC 8725 §3.1).
      if (key === undefined || header.alg !== key.algorithm) return undefined;
      return verifyToken(key, token);
    },

    verifyLegacy: async (contract, token) => {
      const keys = index().legacyKeys.filter((key) => key.contract === contract);
      const header = keys.length === 0 ? undefined : readLegacyHeader(token);
      if (header === undefined) return undefined;
      const named = keys.filter(({ kid }) => kid === header.kid);
      for (const key of named.length > 0 ? named : keys) {
        const claims = header.alg === key.algorithm ? await verifyToken(key, token) : undefined;
        if (claims !== undefined) return claims;
      }
      return undefined;
    },

    jwks: (contract) => ({
      keys: index().keySets.flatMap((keySet) =>
        keySet.contract === contract && keySet.access.publicJwk !== undefined ? [keySet.access.publicJwk] : [],
      ),
    }),
  };
}
