// The life of key sets: published ahead, promoted, retired, removed; or, once one has leaked, replaced at once.
import { RefractError } from '../errors.ts';
import type { KeySetRemoval, KeyStore, StoredKeySet } from './ports.ts';
import { importedKey, importedLegacyKey } from './imported-key.ts';
import { generateKeySet, openKeySet, type Algorithm, type KeySet, type SealingKey } from './key-set.ts';
import { openLegacyKey, sealLegacyKey, type LegacyKey } from './legacy-key.ts';
import { refuseSharedKeys, uses } from './shared-keys.ts';

/** A key set as it may be shown: names and times, no key. */
export interface KeySetDescription {
  readonly id: string;
  readonly contract: string;
  readonly algorithm: Algorithm;
  readonly state: StoredKeySet['state'];
  /** Missing of a legacy key, which verifies refresh tokens alone. */
  readonly accessKid: string | undefined;
  readonly refreshKid: string;
  readonly createdAt: number;
  readonly retiredAt: number | undefined;
}

export interface KeyLife {
  readonly list: () => Promise<readonly KeySetDescription[]>;
  /** Makes the contract's next key set and publishes it. @throws RefractError `key` where it has one already */
  readonly publish: (contract: string) => Promise<KeySetDescription>;
  /**
   * The same, with keys of another server; a refresh key that is not brought along is generated.
   * @throws RefractError `key` for a key that is none, or one that signs something else already
   */
  readonly import: (
    contract: string,
    keys: { access: string; refresh?: string | undefined },
  ) => Promise<KeySetDescription>;
  /**
   * Another server's refresh key, which verifies what was imported and nothing else.
   * @throws RefractError `key` for a key that is none, is there already, or is another contract's
   */
  readonly importLegacy: (contract: string, key: string) => Promise<KeySetDescription>;
  /**
   * Promotes the contract's next key set; the one before goes on verifying, and signs repeats of what it signed.
   * @param atOnce makes one where none was published ahead: verifiers that cache the JWKS do not know it yet
   * @throws RefractError `key` where there is none
   */
  readonly rotate: (contract: string, atOnce: boolean) => Promise<KeySetDescription>;
  /**
   * Looks at this one alone, and opens it not: one that cannot be opened can be removed.
   * @param contract whose it is to be; any one's where left out
   * @param accessLifetimeOf a contract's access tokens, in seconds
   * @returns the contract that had it
   * @throws RefractError `key` for one that signs, or whose tokens may live, unless forced
   */
  readonly remove: (
    id: string,
    contract: string | undefined,
    accessLifetimeOf: (contract: string) => number,
    force: boolean,
  ) => Promise<string>;
  /** Puts a fresh key set in the place of all of the contract's, whose tokens are refused from then on. @returns how many living sessions that ended */
  readonly compromise: (contract: string) => Promise<number>;
}

export interface KeyLifeParts {
  readonly store: KeyStore;
  readonly algorithms: ReadonlyMap<string, Algorithm>;
  readonly sealingKey: SealingKey;
  /** Called after every change, so that this process signs and verifies by it at once. */
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
    const { id, contract, state, createdAt, retiredAt } = stored;
    const told = { id, contract, algorithm, state, createdAt, retiredAt };
    try {
      if (state === 'legacy') {
        const { kid } = await openLegacyKey(stored, algorithm, sealingKey);
        return { ...told, accessKid: undefined, refreshKid: kid };
      }
      const { access, refresh } = await openKeySet(stored, algorithm, sealingKey);
      return { ...told, accessKid: access.kid, refreshKid: refresh.kid };
    } catch {
      // One that cannot be opened is still to be seen, and to be removed.
      return { ...told, accessKid: undefined, refreshKid: 'cannot be opened' };
    }
  };
  const known = async (): Promise<readonly StoredKeySet[]> =>
    (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
  const find = async (id: string): Promise<KeySetDescription> => {
    const stored = await store.readKeySet(id);
    if (stored === undefined || !algorithms.has(stored.contract))
      throw new RefractError('not_found', `There is no key set ${id}.`);
    return described(stored);
  };
  /** What was done is done, whatever state another contract's keys are in; readiness tells of those. */
  const follow = async (): Promise<void> => {
    await reload().catch(() => undefined);
  };
  const addNext = async (contract: string, keys: Parameters<typeof generateKeySet>[3]): Promise<KeySetDescription> => {
    const keySet = await generateKeySet(contract, algorithmOf(contract), sealingKey, keys);
    if (!(await store.addNextKeySet(keySet))) {
      throw new RefractError('conflict', `${contract} has a next key set already; rotate to it, or remove it.`);
    }
    try {
      // Again, with what others have added at the same time: of two that share a key none stays.
      const { keySets, legacyKeys } = await openAll();
      refuseSharedKeys(keySets, legacyKeys, 'conflict');
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
      const legacy = await openLegacyKey({ ...sealed, ...unstored, state: 'legacy' }, algorithm, sealingKey);
      const { keySets, legacyKeys } = await openAll();
      if (legacyKeys.some((one) => one.contract === contract && one.thumbprint === legacy.thumbprint)) {
        throw new RefractError('conflict', `${contract} has this legacy key already.`);
      }
      refuseSharedKeys(keySets, [...legacyKeys, legacy], 'conflict');
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

  /** One key for two things would let a token of the one pass for a token of the other. */
  async function refuseKnownKeys(
    keys: Parameters<typeof generateKeySet>[3],
    contract: string,
    algorithm: Algorithm,
  ): Promise<void> {
    const sealed = await generateKeySet(contract, algorithm, sealingKey, keys);
    const imported = await openKeySet({ ...sealed, ...unstored, state: 'next' }, algorithm, sealingKey).catch(() => {
      throw new RefractError('invalid', 'The key is damaged: its parts do not fit together.');
    });
    const { keySets, legacyKeys } = await openAll();
    for (const use of uses) {
      if (keySets.some((one) => one.contract === contract && one[use].kid === imported[use].kid)) {
        throw new RefractError(
          'conflict',
          `${contract} has another ${use} key with this kid; give the key another one.`,
        );
      }
    }
    refuseSharedKeys([...keySets, imported], legacyKeys, 'conflict');
  }

  async function openAll(): Promise<{ readonly keySets: KeySet[]; readonly legacyKeys: LegacyKey[] }> {
    const keySets: KeySet[] = [];
    const legacyKeys: LegacyKey[] = [];
    for (const stored of await known()) {
      const algorithm = algorithmOf(stored.contract);
      try {
        if (stored.state === 'legacy') legacyKeys.push(await openLegacyKey(stored, algorithm, sealingKey));
        else keySets.push(await openKeySet(stored, algorithm, sealingKey));
      } catch {
        // What cannot be opened shares nothing.
      }
    }
    return { keySets, legacyKeys };
  }
}

/** Of what is sealed, and not stored yet. */
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
