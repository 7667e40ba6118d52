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

/** The result of a removal, or what prevents it. */
export type KeySetRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'unknown' }
  /** It signs; another must be promoted first. */
  | { readonly kind: 'active' }
  /** Its tokens may be active: of so many active sessions, and no later than `until`. */
  | { readonly kind: 'in_use'; readonly sessions: number; readonly until: number };

export interface KeyStore {
  readonly readKeySets: () => Promise<readonly StoredKeySet[]>;
  readonly readKeySet: (id: string) => Promise<StoredKeySet | undefined>;
  /** Adds a contract's first active key set, unless another process was faster. */
  readonly addFirstKeySet: (keySet: NewKeySet) => Promise<void>;
  /** Publishes a key set ahead. @returns whether; a contract has one at most */
  readonly addNextKeySet: (keySet: NewKeySet) => Promise<boolean>;
  /** Adds a key of another server; a contract may have several. */
  readonly addLegacyKey: (keySet: NewKeySet) => Promise<void>;
  /** The next key set becomes active, and the active one retires. @returns whether `id` was the contract's next one */
  readonly promoteKeySet: (contract: string, id: string) => Promise<boolean>;
  /**
   * Removes a key set that no longer signs.
   * @param accessLifetime seconds that its last access tokens are valid after it retired
   * @param force removes it although its tokens may be active
   */
  readonly removeKeySet: (id: string, accessLifetime: number, force: boolean) => Promise<KeySetRemoval>;
  /**
   * Replaces all key sets of the contract by a new active one, and revokes all its sessions.
   * @returns how many active ones it revoked
   */
  readonly replaceKeySets: (keySet: NewKeySet, reason: RevocationReason) => Promise<number>;
  /** Stores resealed key sets, unless one is no longer sealed as `from` says. @returns whether it did */
  readonly resealKeySets: (
    resealed: readonly { readonly id: string; readonly from: string; readonly sealed: string }[],
  ) => Promise<boolean>;
  /** Calls back soon after any instance has changed key sets, where the store is notified. @returns what stops it */
  readonly watchKeySets?: (changed: () => void) => () => Promise<void>;
}
