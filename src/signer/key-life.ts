// The life of key sets: published ahead, promoted, retired, removed; or, once one has leaked, replaced at once.
import type { KeySetRemoval, KeyStore, StoredKeySet } from '../engine/ports.ts';
import { importedKey } from './imported-key.ts';
import { KeyError } from './key-error.ts';
import { generateKeySet, openKeySet, type Algorithm, type KeySet, type SealingKey } from './key-set.ts';

/** A key set as it may be shown: names and times, no key. */
export interface KeySetDescription {
  readonly id: string;
  readonly contract: string;
  readonly algorithm: Algorithm;
  readonly state: StoredKeySet['state'];
  readonly accessKid: string;
  readonly refreshKid: string;
  readonly createdAt: number;
  readonly retiredAt: number | undefined;
}

export interface KeyLife {
  readonly list: () => Promise<readonly KeySetDescription[]>;
  /** Makes the contract's next key set and publishes it. @throws KeyError where it has one already */
  readonly publish: (contract: string) => Promise<KeySetDescription>;
  /**
   * The same, with keys of another server; a refresh key that is not brought along is generated.
   * @throws KeyError for a key that is none, or one that signs something else already
   */
  readonly import: (
    contract: string,
    keys: { access: string; refresh?: string | undefined },
  ) => Promise<KeySetDescription>;
  /**
   * Promotes the contract's next key set; the one before goes on verifying, and signs repeats of what it signed.
   * @param atOnce makes one where none was published ahead: verifiers that cache the JWKS do not know it yet
   * @throws KeyError where there is none
   */
  readonly rotate: (contract: string, atOnce: boolean) => Promise<KeySetDescription>;
  /**
   * @param accessLifetimeOf a contract's access tokens, in seconds
   * @throws KeyError for one that signs, or whose tokens may live, unless forced
   */
  readonly remove: (id: string, accessLifetimeOf: (contract: string) => number, force: boolean) => Promise<void>;
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
    if (algorithm === undefined) throw new KeyError(`There is no contract ${contract}.`, 'missing');
    return algorithm;
  };
  const described = async (stored: StoredKeySet): Promise<KeySetDescription> => {
    const algorithm = algorithmOf(stored.contract);
    const { access, refresh } = await openKeySet(stored, algorithm, sealingKey);
    const { id, contract, state, createdAt, retiredAt } = stored;
    return { id, contract, algorithm, state, accessKid: access.kid, refreshKid: refresh.kid, createdAt, retiredAt };
  };
  const known = async (): Promise<readonly StoredKeySet[]> =>
    (await store.readKeySets()).filter(({ contract }) => algorithms.has(contract));
  const find = async (id: string): Promise<KeySetDescription> => {
    const stored = (await known()).find((one) => one.id === id);
    if (stored === undefined) throw new KeyError(`There is no key set ${id}.`, 'missing');
    return described(stored);
  };
  const addNext = async (contract: string, keys: Parameters<typeof generateKeySet>[3]): Promise<KeySetDescription> => {
    const keySet = await generateKeySet(contract, algorithmOf(contract), sealingKey, keys);
    if (!(await store.addNextKeySet(keySet))) {
      throw new KeyError(`${contract} has a next key set already; rotate to it, or remove it.`, 'conflict');
    }
    await reload();
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
    rotate: async (contract, atOnce) => {
      algorithmOf(contract);
      const next = (await known()).find((one) => one.contract === contract && one.state === 'next');
      if (next === undefined && !atOnce) {
        throw new KeyError(
          `${contract} has no next key set; publish one ahead, or rotate at once to one that nobody knows yet.`,
          'conflict',
        );
      }
      const { id } = next ?? (await addNext(contract, {}));
      if (!(await store.promoteKeySet(contract, id)))
        throw new KeyError(`The key set ${id} is not the next one any more.`, 'conflict');
      await reload();
      return find(id);
    },
    remove: async (id, accessLifetimeOf, force) => {
      const { contract } = await find(id);
      const removal = await store.removeKeySet(id, accessLifetimeOf(contract), force);
      if (removal.kind !== 'removed') throw new KeyError(whyNotRemoved(id, removal), 'conflict');
      await reload();
    },
    compromise: async (contract) => {
      const fresh = await generateKeySet(contract, algorithmOf(contract), sealingKey);
      const ended = await store.replaceKeySets(fresh, 'compromised_keys');
      await reload();
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
    const imported = await openKeySet(
      { ...sealed, state: 'next', createdAt: 0, retiredAt: undefined },
      algorithm,
      sealingKey,
    );
    const all: KeySet[] = [];
    for (const stored of await known()) all.push(await openKeySet(stored, algorithmOf(stored.contract), sealingKey));
    refuseSharedKeys([...all, imported]);
  }
}

const uses = ['access', 'refresh'] as const;

/** @throws KeyError where one key signs two kinds of tokens: one of the one would pass for one of the other */
export function refuseSharedKeys(keySets: readonly KeySet[]): void {
  const places = new Map<string, string>();
  for (const keySet of keySets) {
    for (const use of uses) {
      const place = `the ${use} tokens of ${keySet.contract}`;
      const other = places.get(keySet[use].thumbprint) ?? place;
      if (other !== place)
        throw new KeyError(`One key signs both ${other} and ${place}; each needs its own.`, 'conflict');
      places.set(keySet[use].thumbprint, place);
    }
  }
}

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
