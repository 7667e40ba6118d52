// What the signer needs from the store. Every method may throw `unavailable`, and then nothing has changed.
import type { RevocationReason } from '../engine/session.ts';

/**
 * A stored key set: the access key and the refresh key of one contract, sealed. A `legacy` one is another server's
 * refresh key alone, which verifies imported tokens and signs nothing.
 */
export interface StoredKeySet {
  readonly id: string;
  readonly contract: string;
  readonly state: 'next' | 'active' | 'retired' | 'legacy';
  /** A JWE (RFC 7516) over a JWK Set (RFC 7517). */
  readonly sealed: string;
  readonly createdAt: number;
  /** When it stopped signing new generations, in seconds; only retired key sets have it. */
  readonly retiredAt: number | undefined;
}

/** A key set before it is stored. */
export type NewKeySet = Pick<StoredKeySet, 'id' | 'contract' | 'sealed'>;

/** The result of a removal, or the reason against it. */
export type KeySetRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'unknown' }
  /** It signs; another must be promoted first. */
  | { readonly kind: 'active' }
  /** Its tokens may be active: those of so many active sessions, until `until` (seconds) at the latest. */
  | { readonly kind: 'in_use'; readonly sessions: number; readonly until: number };

export interface KeyStore {
  readonly readKeySets: () => Promise<readonly StoredKeySet[]>;
  readonly readKeySet: (id: string) => Promise<StoredKeySet | undefined>;
  /** Adds a contract's first active key set, unless another process has added one. */
  readonly addFirstKeySet: (keySet: NewKeySet) => Promise<void>;
  /** Adds the next key set. @returns false if the contract has one already */
  readonly addNextKeySet: (keySet: NewKeySet) => Promise<boolean>;
  /** Adds a key of another server; a contract may have several. */
  readonly addLegacyKey: (keySet: NewKeySet) => Promise<void>;
  /** Activates the next key set and retires the active one. @returns false if `id` is not the contract's next one */
  readonly promoteKeySet: (contract: string, id: string) => Promise<boolean>;
  /**
   * Removes a key set that does not sign.
   * @param accessLifetime seconds for which access tokens stay valid after it retired
   * @param force removes it even if its tokens may be active
   */
  readonly removeKeySet: (id: string, accessLifetime: number, force: boolean) => Promise<KeySetRemoval>;
  /**
   * Replaces all key sets of the contract by a new active one, and revokes all its sessions.
   * @returns how many active sessions it revoked
   */
  readonly replaceKeySets: (keySet: NewKeySet, reason: RevocationReason) => Promise<number>;
  /** Stores resealed key sets. @returns false, without a change, if one is no longer sealed as `from` */
  readonly resealKeySets: (
    resealed: readonly { readonly id: string; readonly from: string; readonly sealed: string }[],
  ) => Promise<boolean>;
  /** Calls back soon after any instance changed key sets, if the store is notified. @returns a function that stops it */
  readonly watchKeySets?: (changed: () => void) => () => Promise<void>;
}
