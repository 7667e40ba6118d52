// The life of key sets: published ahead, promoted, retired, removed; or, after a leak, replaced at once.
import { RefractError } from '../errors.ts';
import type { KeySetRemoval, KeyStore, StoredKeySet } from './ports.ts';
import { importedKey, importedLegacyKey } from './imported-key.ts';
import {
  generateKeySet,
  openKeys,
  refuseSharedKeys,
  sealLegacyKey,
  uses,
  type Algorithm,
  type KeySet,
  type LegacyKey,
  type SealingKey,
} from './key-set.ts';

/** A key set as it may be shown: names and times, no key. */
export interface KeySetDescription extends Omit<StoredKeySet, 'sealed'> {
  readonly algorithm: Algorithm;
  /** Missing for a legacy key, which verifies refresh tokens alone. */
  readonly accessKid: string | undefined;
  readonly refreshKid: string;
}

export interface KeyLife {
  readonly list: () => Promise<readonly KeySetDescription[]>;
  /** Publishes the contract's next key set. @throws RefractError `key` where it has one already */
  readonly publish: (contract: string) => Promise<KeySetDescription>;
  /**
   * The same, with keys of another server; a missing refresh key is generated.
   * @throws RefractError `key` for a key that is not valid, or signs something else already
   */
  readonly import: (
    contract: string,
    keys: { access: string; refresh?: string | undefined },
  ) => Promise<KeySetDescription>;
  /**
   * Adds another server's refresh key, which verifies imported tokens and nothing else.
   * @throws RefractError `key` for a key that is not valid, exists already, or is another contract's
   */
  readonly importLegacy: (contract: string, key: string) => Promise<KeySetDescription>;
  /**
   * Promotes the contract's next key set; the one before continues to verify, and signs repeats of its tokens.
   * @param atOnce makes one where none was published ahead: verifiers that cache the JWK Set do not know it yet
   * @throws RefractError `key` where there is none
   */
  readonly rotate: (contract: string, atOnce: boolean) => Promise<KeySetDescription>;
  /**
   * Removes a key set, even one that cannot be opened.
   * @param contract its contract; any where left out
   * @param accessLifetimeOf the lifetime of a contract's access tokens, in seconds
   * @returns its contract
   * @throws RefractError `key` for one that signs, or, unless forced, whose tokens may be active
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

export interface KeyLifeParts {
  readonly store: KeyStore;
  readonly algorithms: ReadonlyMap<string, Algorithm>;
  readonly sealingKey: SealingKey;
  /** Called after every change, so that this process uses it at once. */
  readonly reload: () => Promise<void>;
}

export function createKeyLife({ store, algorithms, sealingKey, reload }: KeyLifeParts): KeyLife {
  const algorithmOf = (contract: string): Algorithm => {
    const algorithm = algorithms.get(contract);
    if (algorithm === undefined) throw new RefractError('not_found', `There is no contract ${contract}.`);
    return algorithm;
  };
  const described = async (stored: StoredKeySet): Promise<KeySetDescription> => {
    const algorithm = algorithmOf(stored.contract);
    const { sealed: _, ...shown } = stored;
    const kids = await openKeys(stored, algorithm, sealingKey).then(
      (keys) =>
        keys.state === 'legacy'
          ? { accessKid: undefined, refreshKid: keys.kid }
          : { accessKid: keys.access.kid, refreshKid: keys.refresh.kid },
      // A key set that cannot be opened must be listed, so that it can be removed.
      () => ({ accessKid: undefined, refreshKid: 'cannot be opened' }),
    );
    return { ...shown, algorithm, ...kids };
  };
  const known = async (): Promise<readonly StoredKeySet[]> =>
    (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
  const find = async (id: string): Promise<KeySetDescription> => {
    const stored = await store.readKeySet(id);
    if (stored === undefined || !algorithms.has(stored.contract))
      throw new RefractError('not_found', `There is no key set ${id}.`);
    return described(stored);
  };
  /** The change is done, whatever state another contract's keys are in; readiness reports those. */
  const follow = async (): Promise<void> => {
    await reload().catch(() => undefined);
  };
  const addNext = async (contract: string, keys: Parameters<typeof generateKeySet>[3]): Promise<KeySetDescription> => {
    const keySet = await generateKeySet(contract, algorithmOf(contract), sealingKey, keys);
    if (!(await store.addNextKeySet(keySet))) {
      throw new RefractError('conflict', `${contract} has a next key set already; rotate to it, or remove it.`);
    }
    try {
      // Again, with key sets that were added at the same time: of two that share a key none stays.
      refuseSharedKeys(await openAll(), 'conflict');
    } catch (reason) {
      await store.removeKeySet(keySet.id, 0, true);
      throw reason;
    }
    await follow();
    return find(keySet.id);
  };

  return {
    list: async () => Promise.all((await known()).map(described)),
    publish: (contract) => addNext(contract, {}),
    import: async (contract, { access, refresh }) => {
      const algorithm = algorithmOf(contract);
      const keys = {
        access: await importedKey(access, algorithm),
        ...(refresh !== undefined && { refresh: await importedKey(refresh, algorithm) }),
      };
      await refuseKnownKeys(keys, contract, algorithm);
      return addNext(contract, keys);
    },
    importLegacy: async (contract, key) => {
      const algorithm = algorithmOf(contract);
      const sealed = await sealLegacyKey(contract, await importedLegacyKey(key, algorithm), sealingKey);
      const legacy = await openKeys({ ...sealed, ...unstored, state: 'legacy' }, algorithm, sealingKey);
      const opened = await openAll();
      if (opened.some((one) => one.contract === contract && isSameLegacyKey(one, legacy))) {
        throw new RefractError('conflict', `${contract} has this legacy key already.`);
      }
      refuseSharedKeys([...opened, legacy], 'conflict');
      await store.addLegacyKey(sealed);
      await follow();
      return find(sealed.id);
    },
    rotate: async (contract, atOnce) => {
      algorithmOf(contract);
      const next = (await known()).find((one) => one.contract === contract && one.state === 'next');
      if (next === undefined && !atOnce) {
        throw new RefractError(
          'conflict',
          `${contract} has no next key set; publish one ahead, or rotate at once to one that nobody knows yet.`,
        );
      }
      const { id } = next ?? (await addNext(contract, {}));
      if (!(await store.promoteKeySet(contract, id)))
        throw new RefractError('conflict', `The key set ${id} is not the next one any more.`);
      await follow();
      return find(id);
    },
    remove: async (id, contract, accessLifetimeOf, force) => {
      const stored = await store.readKeySet(id);
      const of = stored?.contract ?? '';
      if (!algorithms.has(of) || of !== (contract ?? of)) {
        throw new RefractError(
          'not_found',
          `There is no key set ${id}${contract === undefined ? '' : ` of ${contract}`}.`,
        );
      }
      const removal = await store.removeKeySet(id, accessLifetimeOf(of), force);
      if (removal.kind !== 'removed') throw new RefractError('conflict', whyNotRemoved(id, removal));
      await follow();
      return of;
    },
    compromise: async (contract) => {
      const fresh = await generateKeySet(contract, algorithmOf(contract), sealingKey);
      const ended = await store.replaceKeySets(fresh, 'compromised_keys');
      await follow();
      return ended;
    },
  };

  /** @throws RefractError `key` where a key is used already: a token of one use would pass for a token of the other */
  async function refuseKnownKeys(
    keys: Parameters<typeof generateKeySet>[3],
    contract: string,
    algorithm: Algorithm,
  ): Promise<void> {
    const sealed = await generateKeySet(contract, algorithm, sealingKey, keys);
    const imported = await openKeys({ ...sealed, ...unstored, state: 'next' }, algorithm, sealingKey).catch(() => {
      throw new RefractError('invalid', 'The key is damaged: its parts do not fit together.');
    });
    const opened = await openAll();
    for (const use of uses) {
      if (opened.some((one) => one.contract === contract && hasSameKid(one, imported, use))) {
        throw new RefractError(
          'conflict',
          `${contract} has another ${use} key with this kid; give the key another one.`,
        );
      }
    }
    refuseSharedKeys([...opened, imported], 'conflict');
  }

  /** Without those that cannot be opened, which share nothing. */
  async function openAll(): Promise<readonly (KeySet | LegacyKey)[]> {
    const all = (await known()).map((stored) => openKeys(stored, algorithmOf(stored.contract), sealingKey));
    return (await Promise.allSettled(all)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }
}

function isSameLegacyKey(one: KeySet | LegacyKey, other: KeySet | LegacyKey): boolean {
  return one.state === 'legacy' && other.state === 'legacy' && one.thumbprint === other.thumbprint;
}

function hasSameKid(one: KeySet | LegacyKey, other: KeySet | LegacyKey, use: (typeof uses)[number]): boolean {
  return one.state !== 'legacy' && other.state !== 'legacy' && one[use].kid === other[use].kid;
}

/** For keys that are sealed, and not stored yet. */
const unstored = { createdAt: 0, retiredAt: undefined };

function whyNotRemoved(id: string, removal: Exclude<KeySetRemoval, { kind: 'removed' }>): string {
  switch (removal.kind) {
    case 'unknown':
      return `There is no key set ${id}.`;
    case 'active':
      return `The key set ${id} signs; rotate to another one first.`;
    case 'in_use': {
      const until = new Date(removal.until * 1000).toISOString();
      return `Tokens that the key set ${id} signed may live until ${until} (living sessions: ${String(removal.sessions)}); force it to end them now.`;
    }
  }
}
