// What the signer needs from the store. Every method may throw `unavailable`, and then nothing has changed.
import type { RevocationReason } from '../engine/session.ts';

/**
 * A key set as it is stored: an access key and a refresh key of one contract, sealed. A `legacy` one is another
 * server's refresh key alone, which verifies what was imported and signs nothing.
 */
export interface StoredKeySet {
  readonly id: string;
  readonly contract: string;
  readonly state: 'next' | 'active' | 'retired' | 'legacy';
  /** A JWE (RFC 7516) over a JWK Set (RFC 7517). */
  readonly sealed: string;
  readonly createdAt: number;
  /** When it stopped signing new generations; only ever of a retired one. */
  readonly retiredAt: number | undefined;
}

/** A key set that is about to be stored. */
export type NewKeySet = Pick<StoredKeySet, 'id' | 'contract' | 'sealed'>;

/** What keeps a key set from being removed. */
export type KeySetRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'unknown' }
  /** It signs; another one has to be promoted first. */
  | { readonly kind: 'active' }
  /** Tokens that it signed may live: of so many living sessions, and no later than `until`. */
  | { readonly kind: 'in_use'; readonly sessions: number; readonly until: number };

/** What the signer needs of the store, and whoever tends its keys. */
export interface KeyStore {
  readonly readKeySets: () => Promise<readonly StoredKeySet[]>;
  readonly readKeySet: (id: string) => Promise<StoredKeySet | undefined>;
  /** Adds a contract's first active key set; does nothing where another process was faster. */
  readonly addFirstKeySet: (keySet: NewKeySet) => Promise<void>;
  /** Publishes a key set ahead of its time. @returns whether; a contract has one at most */
  readonly addNextKeySet: (keySet: NewKeySet) => Promise<boolean>;
  /** Adds a key of another server; a contract may have several. */
  readonly addLegacyKey: (keySet: NewKeySet) => Promise<void>;
  /** The next key set becomes active, and the active one retires. @returns whether `id` was the contract's next one */
  readonly promoteKeySet: (contract: string, id: string) => Promise<boolean>;
  /**
   * Removes a key set that no longer signs.
   * @param accessLifetime seconds that its last access tokens may live after it retired
   * @param force removes it although tokens that it signed may live
   */
  readonly removeKeySet: (id: string, accessLifetime: number, force: boolean) => Promise<KeySetRemoval>;
  /**
   * Puts a fresh active key set in the place of all that the contract has, and ends all its sessions.
   * @returns how many living ones that ended
   */
  readonly replaceKeySets: (keySet: NewKeySet, reason: RevocationReason) => Promise<number>;
  /** Stores key sets sealed anew. @returns whether all of them were still sealed as `from` says, or else nothing was changed */
  readonly resealKeySets: (
    resealed: readonly { readonly id: string; readonly from: string; readonly sealed: string }[],
  ) => Promise<boolean>;
  /** Calls back soon after key sets have changed, by any instance, where the store can tell. @returns what stops it */
  readonly watchKeySets?: (changed: () => void) => () => Promise<void>;
}
