// Signs and verifies tokens. Keys are opened and imported once, and never leave this module.
import type { JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { KeyStore, StoredKeySet } from './ports.ts';
import type { Signer, TokenUse } from '../engine/ports.ts';
import { readHeader, readLegacyHeader } from './compact.ts';
import { createKeyLife, type KeyLife } from './key-life.ts';
import {
  generateKeySet,
  openKeys,
  refuseSharedKeys,
  resealAll,
  sealingKeyFrom,
  uses,
  type Algorithm,
  type Key,
  type KeySet,
  type LegacyKey,
} from './key-set.ts';
import { loadMasterSecret, type MasterSecretSource } from './master-secret.ts';
import { createOwnTokens, type OwnTokens } from './own-tokens.ts';
import { claimsOf, signedBy, verifiedBy } from './signature.ts';

/** A signer that also publishes its keys and follows their changes. */
export interface PublishingSigner extends Signer {
  /** The contract's public access keys (RFC 7517 §5). Refresh keys and secrets are never in it. */
  readonly jwks: (contract: string) => { readonly keys: readonly JWK[] };
  /**
   * Takes over changes in the store, by this process or another; open keys stay open.
   * @throws RefractError `key` where an added key set cannot be opened; the others are taken over
   */
  readonly reload: () => Promise<void>;
  readonly keys: KeyLife;
}

/**
 * Opens the key sets of all contracts, after making one for each contract that has none. Key sets under the previous
 * master secret are sealed under the present one.
 * @param reloaded awaited by every reload, for another signer of the same keys
 * @throws RefractError `key` where the master secret or the keys cannot be used
 */
export async function createSigner(
  store: KeyStore,
  source: MasterSecretSource,
  algorithms: ReadonlyMap<string, Algorithm>,
  reloaded: () => Promise<void> = () => Promise.resolve(),
): Promise<PublishingSigner> {
  const existing = await store.readKeySets();
  const sealingKey = sealingKeyFrom(loadMasterSecret(source, existing.length === 0));
  if (source.previous !== undefined) await resealAll(store, sealingKeyFrom(source.previous), sealingKey);

  const opened = new Map<string, KeySet | LegacyKey>();
  let ring = ringOf([]);
  const ownTokens = createOwnTokens();
  let inForce = '';
  /**
   * Takes over keys that can be opened and share no key with those before them: first those that sign, then those that
   * have signed, then those that wait. So whatever is added or damaged, keys in use stay in use.
   */
  const loadNow = async (): Promise<Loaded> => {
    const stored = (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
    const taken: (KeySet | LegacyKey)[] = [];
    const troubles: Loaded[] = [];
    const unopened = new Set<string>();
    for (const one of order.flatMap((state) => stored.filter((each) => each.state === state))) {
      try {
        const keys = await openOnce(one);
        refuseSharedKeys([...taken, keys], 'key');
        taken.push(keys);
      } catch (reason) {
        const trouble = reason instanceof Error ? reason : new RefractError('key', String(reason));
        const isOfKeysInUse = one.state === 'active' || one.state === 'retired';
        troubles.push({ trouble, isOfKeysInUse });
        if (isOfKeysInUse) unopened.add(one.contract);
      }
    }
    for (const id of opened.keys()) if (!stored.some((one) => one.id === id)) opened.delete(id);
    ring = ringOf(taken, unopened);
    const now = ring.keySets.map(({ id, state }) => `${id} ${state}`).join('\n');
    if (now !== inForce) ownTokens.forget();
    inForce = now;
    return troubles[0] ?? { isOfKeysInUse: false };
  };
  let loading: Promise<unknown> = Promise.resolve();
  /** One after the other, so that an earlier read never replaces a later one. */
  const load = (): Promise<Loaded> => {
    const mine = loading.then(loadNow);
    loading = mine.catch(() => undefined);
    return mine;
  };
  const reload = async (): Promise<void> => {
    const { trouble } = await load();
    await reloaded();
    if (trouble !== undefined) throw trouble;
  };
  let next: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /**
   * Looks for keys that another process has just made, now or soon: a look in flight may have read too early. Any token
   * can cause it, so many of them share one.
   */
  const lookAgain = (): Promise<void> => (next ??= lookIn(Math.max(0, lookedAt + lookPeriod - performance.now())));
  const lookIn = async (wait: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    next = undefined;
    lookedAt = performance.now();
    await load();
  };
  const openOnce = async (stored: StoredKeySet): Promise<KeySet | LegacyKey> => {
    const known = opened.get(stored.id);
    if (known !== undefined) {
      return known.state === 'legacy' || stored.state === 'legacy' ? known : { ...known, state: stored.state };
    }
    const algorithm = algorithms.get(stored.contract);
    if (algorithm === undefined) throw new RefractError('key', `There is no contract ${stored.contract}.`);
    const keys = await openKeys(stored, algorithm, sealingKey);
    opened.set(stored.id, keys);
    return keys;
  };

  // A wrong master secret shows here, before anything new is sealed under it.
  const start = async (): Promise<void> => {
    const { trouble, isOfKeysInUse } = await load();
    if (trouble !== undefined && isOfKeysInUse) throw trouble;
  };
  await start();
  const wanting = [...algorithms].filter(([contract]) => !ring.activeIds.has(contract));
  for (const [contract, algorithm] of wanting) {
    await store.addFirstKeySet(await generateKeySet(contract, algorithm, sealingKey));
  }
  if (wanting.length > 0) await start();

  return {
    ...signingWith(() => ring, ownTokens, lookAgain),
    reload,
    keys: createKeyLife({ store, algorithms, sealingKey, reload }),
  };
}

/** Milliseconds: how long a token may wait for a look, and the shortest time between two looks. */
const lookPeriod = 50;

interface Loaded {
  readonly trouble?: Error;
  readonly isOfKeysInUse: boolean;
}

const order = ['active', 'retired', 'next', 'legacy'] as const;

/** The keys in use, by what they are looked up by. */
interface Ring {
  readonly keySets: readonly KeySet[];
  readonly byId: ReadonlyMap<string, KeySet>;
  readonly activeIds: ReadonlyMap<string, string>;
  readonly keysByPlace: ReadonlyMap<string, Key>;
  readonly kids: ReadonlySet<string>;
  readonly legacyKeys: readonly LegacyKey[];
  /** Contracts of which a key set that is in use could not be opened. */
  readonly unopened: ReadonlySet<string>;
}

function ringOf(keys: readonly (KeySet | LegacyKey)[], unopened: ReadonlySet<string> = new Set()): Ring {
  const keySets = keys.filter((one) => one.state !== 'legacy');
  const legacyKeys = keys.filter((one) => one.state === 'legacy');
  const active = keySets.filter(({ state }) => state === 'active');
  return {
    keySets,
    legacyKeys,
    unopened,
    byId: new Map(keySets.map((keySet) => [keySet.id, keySet])),
    activeIds: new Map(active.map(({ contract, id }) => [contract, id])),
    kids: new Set(keySets.flatMap((keySet) => uses.map((use) => keySet[use].kid))),
    keysByPlace: new Map(
      keySets.flatMap((keySet) => uses.map((use) => [placeOf(keySet.contract, use, keySet[use].kid), keySet[use]])),
    ),
  };
}

/** @param lookAgain looks in the store for key sets that are not loaded */
function signingWith(
  ring: () => Ring,
  ownTokens: OwnTokens,
  lookAgain: () => Promise<void>,
): Signer & Pick<PublishingSigner, 'jwks'> {
  return {
    activeKeyId: (contract) => {
      const id = ring().activeIds.get(contract);
      if (id === undefined) throw new RefractError('unavailable', `${contract} has no active key set`);
      return id;
    },

    sign: async (contract, use, keyId, claims) => {
      if (!ring().byId.has(keyId)) await lookAgain();
      const keySet = ring().byId.get(keyId);
      if (keySet?.contract !== contract)
        throw new RefractError('unavailable', `the key set ${keyId} of ${contract} is not loaded`);
      const token = signedBy(keySet[use], claims);
      if (use === 'refresh') ownTokens.remember(token, keySet[use]);
      return token;
    },

    verify: async (contract, use, token) => {
      const own = use === 'refresh' ? ownTokens.keyOf(token) : undefined;
      // The key must be in use for this contract and use, as for any other token.
      if (own !== undefined && ring().keysByPlace.get(placeOf(contract, use, own.kid)) === own) return claimsOf(token);
      const header = readHeader(token);
      if (header === undefined) return undefined;
      const place = placeOf(contract, use, header.kid);
      // A key of another contract or use is known already: no look could make it a key of this one.
      if (!ring().kids.has(header.kid)) await lookAgain();
      const key = ring().keysByPlace.get(place);
      if (key === undefined && ring().unopened.has(contract))
        throw new RefractError('unavailable', `a key set of ${contract} is not open`);
      // The key says which algorithm it is for; the header may only agree (RFC 8725 §3.1).
      if (key === undefined || header.alg !== key.algorithm) return undefined;
      return verifiedBy(key, token);
    },

    verifyLegacy: async (contract, token) => {
      const keys = ring().legacyKeys.filter((key) => key.contract === contract);
      const header = keys.length === 0 ? undefined : readLegacyHeader(token);
      if (header === undefined) return undefined;
      const named = keys.filter(({ kid }) => kid === header.kid);
      for (const key of named.length > 0 ? named : keys) {
        const claims = header.alg === key.algorithm ? await verifiedBy(key, token) : undefined;
        if (claims !== undefined) return claims;
      }
      return undefined;
    },

    jwks: (contract) => ({
      keys: ring().keySets.flatMap((keySet) =>
        keySet.contract === contract && keySet.access.publicJwk !== undefined ? [keySet.access.publicJwk] : [],
      ),
    }),
  };
}

function placeOf(contract: string, use: TokenUse, kid: string): string {
  return `${contract} ${use} ${kid}`;
}
