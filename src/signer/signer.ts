// Signs and verifies tokens. Keys are opened and imported once, and never leave this module.
import type { JWK } from 'jose';
import { RefractError } from '../errors.ts';
import type { KeyStore, StoredKeySet } from './ports.ts';
import type { Signer, TokenUse } from '../engine/ports.ts';
import { readHeader, readLegacyHeader } from './compact.ts';
import { createKeyLife, type KeyLife } from './key-life.ts';
import {
  generateKeySet,
  openKeySet,
  opens,
  sealAnew,
  sealingKeyFrom,
  type Algorithm,
  type Key,
  type KeySet,
  type SealingKey,
} from './key-set.ts';
import { openLegacyKey, type LegacyKey } from './legacy-key.ts';
import { loadMasterSecret, type MasterSecretSource } from './master-secret.ts';
import { createOwnTokens, type OwnTokens } from './own-tokens.ts';
import { refuseSharedKeys } from './shared-keys.ts';
import { claimsOf, signedBy, verifiedBy } from './signature.ts';

/** A signer that also says what it publishes, and follows what becomes of its keys. */
export interface PublishingSigner extends Signer {
  /** The contract's public access keys (RFC 7517 §5). Refresh keys and secrets are never in it. */
  readonly jwks: (contract: string) => { readonly keys: readonly JWK[] };
  /**
   * Takes over what changed in the store, through this process or another; keys that are open stay open.
   * @throws RefractError `key` where a key set that was added since cannot be opened; the others are taken over
   */
  readonly reload: () => Promise<void>;
  readonly keys: KeyLife;
}

/**
 * Opens the key sets of all contracts, after making one for each contract that has none. What is still sealed under the
 * previous master secret is sealed under the present one.
 * @param reloaded awaited by whoever reloads, for another signer of the same keys
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

  const opened = new Map<string, KeySet>();
  const openedLegacy = new Map<string, LegacyKey>();
  let ring = ringOf([], []);
  const ownTokens = createOwnTokens();
  let inForce = '';
  /**
   * Takes over what can be opened and shares no key with what comes before it: what signs, then what has signed, then
   * what only waits. So whatever is brought along or broken beside them, the keys that are in use stay in use.
   */
  const loadNow = async (): Promise<Loaded> => {
    const stored = (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
    const keySets: KeySet[] = [];
    const legacyKeys: LegacyKey[] = [];
    const troubles: Loaded[] = [];
    const unopened = new Set<string>();
    for (const one of order.flatMap((state) => stored.filter((each) => each.state === state))) {
      try {
        if (one.state === 'legacy') {
          const key = await openLegacyOnce(one);
          refuseSharedKeys(keySets, [...legacyKeys, key], 'key');
          legacyKeys.push(key);
        } else {
          const keySet = await openOnce(one);
          refuseSharedKeys([...keySets, keySet], legacyKeys, 'key');
          keySets.push(keySet);
        }
      } catch (reason) {
        const trouble = reason instanceof Error ? reason : new RefractError('key', String(reason));
        const isOfKeysInUse = one.state === 'active' || one.state === 'retired';
        troubles.push({ trouble, isOfKeysInUse });
        if (isOfKeysInUse) unopened.add(one.contract);
      }
    }
    for (const known of [opened, openedLegacy]) {
      for (const id of known.keys()) if (!stored.some((one) => one.id === id)) known.delete(id);
    }
    ring = ringOf(keySets, legacyKeys, unopened);
    const now = keySets.map(({ id, state }) => `${id} ${state}`).join('\n');
    if (now !== inForce) ownTokens.forget();
    inForce = now;
    return troubles[0] ?? { isOfKeysInUse: false };
  };
  let loading: Promise<unknown> = Promise.resolve();
  /** One after the other, so that what was read earlier never takes the place of what was read later. */
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
   * What another process has made a moment ago is looked for, by a look that begins now or soon: one that is under way may
   * have read too early. Strangers can ask for it, so many of them share one.
   */
  const lookAgain = (): Promise<void> => (next ??= lookIn(Math.max(0, lookedAt + lookPeriod - performance.now())));
  const lookIn = async (wait: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    next = undefined;
    lookedAt = performance.now();
    await load();
  };
  const algorithmOf = ({ contract }: StoredKeySet): Algorithm => {
    const algorithm = algorithms.get(contract);
    if (algorithm === undefined) throw new RefractError('key', `There is no contract ${contract}.`);
    return algorithm;
  };
  const openOnce = async (stored: StoredKeySet): Promise<KeySet> => {
    const known = opened.get(stored.id);
    if (known !== undefined) return { ...known, state: stored.state };
    const keySet = await openKeySet(stored, algorithmOf(stored), sealingKey);
    opened.set(stored.id, keySet);
    return keySet;
  };
  const openLegacyOnce = async (stored: StoredKeySet): Promise<LegacyKey> => {
    const key = openedLegacy.get(stored.id) ?? (await openLegacyKey(stored, algorithmOf(stored), sealingKey));
    openedLegacy.set(stored.id, key);
    return key;
  };

  // Whether the secret is the right one shows here, before anything new is sealed under it.
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

/** Until nobody has changed anything meanwhile; two processes that start at once seal the same sets. */
async function resealAll(store: KeyStore, from: SealingKey, to: SealingKey): Promise<void> {
  for (let attempts = 0; attempts < 10; attempts += 1) {
    const stored = await store.readKeySets();
    const resealed = await Promise.all(
      stored.map(async (one) => {
        const isDone = await opens(one, to);
        return { id: one.id, from: one.sealed, sealed: isDone ? one.sealed : await sealAnew(one, from, to) };
      }),
    );
    if (resealed.every((one) => one.from === one.sealed) || (await store.resealKeySets(resealed))) return;
  }
  throw new RefractError(
    'key',
    'The key sets changed all the time while they were being sealed under the new master secret; try again.',
  );
}

/** Milliseconds: how long a stranger's token may be held up for it, and how often the store is asked at most. */
const lookPeriod = 50;

interface Loaded {
  readonly trouble?: Error;
  readonly isOfKeysInUse: boolean;
}

const order = ['active', 'retired', 'next', 'legacy'] as const;

/** The key sets that are in use, by what they are looked up by. */
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

function ringOf(
  keySets: readonly KeySet[],
  legacyKeys: readonly LegacyKey[],
  unopened: ReadonlySet<string> = new Set(),
): Ring {
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

const uses: readonly TokenUse[] = ['access', 'refresh'];

/** @param lookAgain looks in the store for key sets that are not loaded, now and then */
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
      // One that is in force for this very contract and use, as of any other token.
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
