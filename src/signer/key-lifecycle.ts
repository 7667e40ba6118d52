// The lifecycle of key sets: published ahead, promoted, retired, removed; or replaced at once after a leak.
import { RefractError } from '../errors.ts';
import type { KeySetRemoval, KeyStore, NewKeySet, StoredKeySet } from './ports.ts';
import { readKey } from './import-key.ts';
import {
  generateKeySet,
  openKeys,
  refuseSharedKeys,
  sealNew,
  tokenUses,
  type Algorithm,
  type KeySet,
  type LegacyKey,
  type SealingKey,
} from './key-set.ts';

/** A key set without its keys, as operators see it. */
export interface KeySetDescription extends Omit<StoredKeySet, 'sealed'> {
  readonly algorithm: Algorithm;
  /** Missing for a legacy key, which verifies refresh tokens alone. */
  readonly accessKid: string | undefined;
  readonly refreshKid: string;
}

/** All of these throw RefractError `not_found` for an unknown contract. */
export interface KeyLifecycle {
  readonly list: () => Promise<readonly KeySetDescription[]>;
  /** Publishes the contract's next key set. @throws RefractError `conflict` if it has one already */
  readonly publish: (contract: string) => Promise<KeySetDescription>;
  /**
   * Publishes keys of another server; a missing refresh key is generated.
   * @throws RefractError `invalid`, or `conflict` for a key that signs other tokens
   */
  readonly import: (
    contract: string,
    keys: { access: string; refresh?: string | undefined },
  ) => Promise<KeySetDescription>;
  /**
   * Adds another server's refresh key, which verifies imported tokens alone.
   * @throws RefractError `invalid`, or `conflict` for a key that exists already or is another contract's
   */
  readonly importLegacy: (contract: string, key: string) => Promise<KeySetDescription>;
  /**
   * Promotes the contract's next key set; the former one continues to verify, and signs repeats of its tokens.
   * @param atOnce generates a missing one, which verifiers that cache the JWK Set do not know yet
   * @throws RefractError `conflict` without a next key set
   */
  readonly rotate: (contract: string, atOnce: boolean) => Promise<KeySetDescription>;
  /**
   * Removes a key set, even one that cannot be opened.
   * @param contract that it must belong to, if given
   * @param accessLifetimeOf the lifetime of a contract's access tokens, in seconds
   * @returns its contract
   * @throws RefractError `conflict` for one that signs, or, unless forced, whose tokens may be active
   */
  readonly remove: (
    id: string,
    contract: string | undefined,
    accessLifetimeOf: (contract: string) => number,
    force: boolean,
  ) => Promise<string>;
  /** Replaces all key sets of the contract, whose tokens are refused from then on. @returns how many sessions it revoked */
  readonly compromise: (contract: string) => Promise<number>;
}

export interface KeyLifecycleParts {
  readonly store: KeyStore;
  readonly algorithms: ReadonlyMap<string, Algorithm>;
  readonly sealingKey: SealingKey;
  /** Called after every change, so that this process uses it at once. */
  readonly reload: () => Promise<void>;
}

export function createKeyLifecycle({ store, algorithms, sealingKey, reload }: KeyLifecycleParts): KeyLifecycle {
  const algorithmOf = (contract: string): Algorithm => {
    const algorithm = algorithms.get(contract);
    if (algorithm === undefined) throw new RefractError('not_found', `There is no contract ${contract}.`);
    return algorithm;
  };
  const describe = async (stored: StoredKeySet): Promise<KeySetDescription> => {
    const algorithm = algorithmOf(stored.contract);
    const { sealed: _, ...described } = stored;
    const kids = await openKeys(stored, algorithm, sealingKey).then(
      (keys) =>
        keys.state === 'legacy'
          ? { accessKid: undefined, refreshKid: keys.kid }
          : { accessKid: keys.access.kid, refreshKid: keys.refresh.kid },
      // A key set that cannot be opened is listed, so that it can be removed.
      () => ({ accessKid: undefined, refreshKid: 'cannot be opened' }),
    );
    return { ...described, algorithm, ...kids };
  };
  const readKnown = async (): Promise<readonly StoredKeySet[]> =>
    (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
  /** Skips key sets that cannot be opened. */
  const openAll = async (): Promise<readonly (KeySet | LegacyKey)[]> => {
    const all = (await readKnown()).map((stored) => openKeys(stored, algorithmOf(stored.contract), sealingKey));
    return (await Promise.allSettled(all)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  };
  const openNew = (keySet: NewKeySet, state: 'next' | 'legacy'): Promise<KeySet | LegacyKey> =>
    openKeys({ ...keySet, state, createdAt: 0, retiredAt: undefined }, algorithmOf(keySet.contract), sealingKey);
  /** The change is committed, regardless of other contracts' keys; readiness reports those. */
  const reloadIfPossible = (): Promise<void> => reload().catch(() => undefined);
  const reloadAndDescribe = async (id: string): Promise<KeySetDescription> => {
    await reloadIfPossible();
    const stored = await store.readKeySet(id);
    if (stored === undefined) throw new RefractError('not_found', `There is no key set ${id}.`);
    return describe(stored);
  };
  const addNext = async (keySet: NewKeySet): Promise<KeySetDescription> => {
    const { id, contract } = keySet;
    if (!(await store.addNextKeySet(keySet))) {
      throw new RefractError('conflict', `${contract} has a next key set already; rotate to it, or remove it.`);
    }
    try {
      // Checked again with key sets that were added at the same time: of two that share a key none stays.
      refuseSharedKeys(await openAll(), 'conflict');
    } catch (reason) {
      await store.removeKeySet(id, 0, true);
      throw reason;
    }
    return reloadAndDescribe(id);
  };
  const generate = (contract: string): Promise<NewKeySet> =>
    generateKeySet(contract, algorithmOf(contract), sealingKey);

  return {
    list: async () => Promise.all((await readKnown()).map(describe)),
    publish: async (contract) => addNext(await generate(contract)),
    import: async (contract, { access, refresh }) => {
      const algorithm = algorithmOf(contract);
      const keys = {
        access: await readKey(access, algorithm, 'signing'),
        ...(refresh !== undefined && { refresh: await readKey(refresh, algorithm, 'signing') }),
      };
      const keySet = await generateKeySet(contract, algorithm, sealingKey, keys);
      const imported = await openNew(keySet, 'next').catch(() => {
        throw new RefractError('invalid', 'The key is damaged: its public and private parts do not match.');
      });
      const opened = await openAll();
      for (const use of tokenUses) {
        if (!opened.some((one) => one.contract === contract && hasSameKid(one, imported, use))) continue;
        const what = `${contract} has another ${use} key with this kid`;
        throw new RefractError('conflict', `${what}; change the kid of the key.`);
      }
      refuseSharedKeys([...opened, imported], 'conflict');
      return addNext(keySet);
    },
    importLegacy: async (contract, key) => {
      const jwk = await readKey(key, algorithmOf(contract), 'legacy');
      const sealed = await sealNew(contract, { refresh: jwk }, sealingKey);
      const legacy = await openNew(sealed, 'legacy');
      const opened = await openAll();
      if (opened.some((one) => one.contract === contract && isSameLegacyKey(one, legacy))) {
        throw new RefractError('conflict', `${contract} has this legacy key already.`);
      }
      refuseSharedKeys([...opened, legacy], 'conflict');
      await store.addLegacyKey(sealed);
      return reloadAndDescribe(sealed.id);
    },
    rotate: async (contract, atOnce) => {
      algorithmOf(contract);
      const next = (await readKnown()).find((one) => one.contract === contract && one.state === 'next');
      if (next === undefined && !atOnce) {
        const advice = 'publish one first, or rotate with --at-once';
        throw new RefractError('conflict', `${contract} has no next key set; ${advice}.`);
      }
      const { id } = next ?? (await addNext(await generate(contract)));
      if (!(await store.promoteKeySet(contract, id))) {
        throw new RefractError('conflict', `The key set ${id} is no longer the next one; list the key sets.`);
      }
      return reloadAndDescribe(id);
    },
    remove: async (id, contract, accessLifetimeOf, force) => {
      const owner = (await store.readKeySet(id))?.contract ?? '';
      if (!algorithms.has(owner) || owner !== (contract ?? owner)) {
        const ofContract = contract === undefined ? '' : ` of ${contract}`;
        throw new RefractError('not_found', `There is no key set ${id}${ofContract}.`);
      }
      const removal = await store.removeKeySet(id, accessLifetimeOf(owner), force);
      if (removal.kind !== 'removed') throw new RefractError('conflict', describeRefusal(id, removal));
      await reloadIfPossible();
      return owner;
    },
    compromise: async (contract) => {
      const revoked = await store.replaceKeySets(await generate(contract), 'compromised_keys');
      await reloadIfPossible();
      return revoked;
    },
  };
}

function isSameLegacyKey(one: KeySet | LegacyKey, other: KeySet | LegacyKey): boolean {
  return one.state === 'legacy' && other.state === 'legacy' && one.thumbprint === other.thumbprint;
}

function hasSameKid(one: KeySet | LegacyKey, other: KeySet | LegacyKey, use: (typeof tokenUses)[number]): boolean {
  return one.state !== 'legacy' && other.state !== 'legacy' && one[use].kid === other[use].kid;
}

function describeRefusal(id: string, removal: Exclude<KeySetRemoval, { kind: 'removed' }>): string {
  switch (removal.kind) {
    case 'unknown':
      return `There is no key set ${id}.`;
    case 'active':
      return `The key set ${id} signs; rotate to another one first.`;
    case 'in_use': {
      const until = new Date(removal.until * 1000).toISOString();
      return `Tokens of the key set ${id} are valid until ${until} (active sessions: ${String(removal.sessions)}); force ends them.`;
    }
  }
}
