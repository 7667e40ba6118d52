// What the engine needs from outside, in its own words. Each port is as narrow as its consumer; a store implements
// all of the store's. Every method may throw `Unavailable`, and then nothing was changed.
import type { AuditEventType } from './audit-event-types.ts';
import type { Claims } from './claims.ts';
import type { ImportedToken, ImportStore } from './import-ports.ts';
import type { RefusalKind } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { RevocationReason, Session, StoredState, Subject } from './session.ts';

/** What a refresh needs of the store. */
export interface RefreshStore {
  /** Reads a session, its subject and the store's clock in one go. */
  readonly read: (sessionId: string) => Promise<StoredState>;
  /**
   * Compare-and-set: moves the session on only if everything the decision was based on still holds: the basis'
   * generation, not revoked, the subject in good standing and its credential version. One statement.
   * @returns whether it was moved; `false` means decide again
   */
  readonly rotate: (basis: Session, next: Pick<Session, 'generation' | 'rotatedAt' | 'keyId'>) => Promise<boolean>;
  /** The token that another server gave, if it was taken over for this contract. @param hash of its signing input */
  readonly readImported: (contract: string, hash: string) => Promise<ImportedToken | undefined>;
  /** Ends a session for good. @returns whether this call ended it */
  readonly revoke: (sessionId: string, reason: RevocationReason) => Promise<boolean>;
}

/** A session to be issued; the store adds its clock and the subject's credential version in the same transaction. */
export interface SessionDraft {
  readonly id: string;
  readonly contract: string;
  readonly policy: Policy;
  readonly subjectId: string;
  readonly keyId: string;
  /** Absolute lifetime in seconds. */
  readonly lifetime: number;
  readonly label: string | undefined;
}

/** What was inserted, or why the subject cannot have a session. */
export type IssueResult =
  | { readonly kind: 'issued'; readonly session: Session; readonly subject: Subject }
  | { readonly kind: 'refused'; readonly refusal: 'missing_subject' | 'disabled_subject' };

/** What issuing needs of the store. */
export interface IssueStore {
  readonly issue: (draft: SessionDraft) => Promise<IssueResult>;
}

/** What whoever runs the server needs to see and end sessions. */
export interface SessionStore {
  /** By time of issue, oldest first. @param page where it begins, and how many it has at most; all where left out */
  readonly listSessions: (
    filter: { readonly subjectId?: string | undefined; readonly contract?: string | undefined },
    page?: { readonly after?: Pick<Session, 'createdAt' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly Session[]>;
  /** How many sessions each contract has that has any, and how many subjects there are. */
  readonly count: () => Promise<Counts>;
  readonly revoke: RefreshStore['revoke'];
  /** Ends all living sessions that match. @returns how many this call ended */
  readonly revokeAll: (
    filter: { readonly subjectId: string } | { readonly contract: string },
    reason: RevocationReason,
  ) => Promise<number>;
}

export interface Counts {
  readonly subjects: number;
  readonly contracts: readonly {
    readonly contract: string;
    readonly living: number;
    readonly revoked: number;
    /** Over by time alone. */
    readonly expired: number;
  }[];
}

/** What is written down for good. Never holds a token. */
export interface AuditEvent {
  /** Ordered within its second (RFC 9562 §5.7). */
  readonly id: string;
  readonly at: number;
  readonly type: AuditEventType;
  readonly contract: string | undefined;
  readonly subjectId: string | undefined;
  readonly sessionId: string | undefined;
  /** Which refusal, which revocation, or what else belongs to the event. */
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** Whoever asked for it: the name of an admin token, or the command line. */
  readonly actor: string | undefined;
}

/** The audit trail: appended to, read, and cut off at its old end. */
export interface AuditStore {
  /** The store adds its clock. */
  readonly appendAudit: (events: readonly Omit<AuditEvent, 'at'>[]) => Promise<void>;
  /** Newest first. @param page begins after the event named; `limit` at most */
  readonly readAudit: (
    filter: AuditFilter,
    page: { readonly after?: Pick<AuditEvent, 'at' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly AuditEvent[]>;
  /** Removes what is older than that many seconds, so many at most. @returns how many that were */
  readonly cutAudit: (age: number, most: number) => Promise<number>;
}

export interface AuditFilter extends Partial<Pick<AuditEvent, 'type' | 'contract' | 'subjectId' | 'sessionId'>> {
  readonly since?: number | undefined;
}

/** What is known about a subject beside its state. */
export type SubjectDetails = Pick<Subject, 'email' | 'account' | 'role'>;

/** Subjects. Each change tells whether there was such a subject. */
export interface SubjectStore {
  /** Adds a subject, or takes over changed details; its state and credential version stay. */
  readonly putSubject: (id: string, details: SubjectDetails) => Promise<Subject>;
  readonly readSubject: (id: string) => Promise<Subject | undefined>;
  readonly disableSubject: (id: string) => Promise<boolean>;
  readonly enableSubject: (id: string) => Promise<boolean>;
  /** Leaves a tombstone; the subject's sessions are not revoked, they find it missing. */
  readonly deleteSubject: (id: string) => Promise<boolean>;
  /** Draws a new credential version, which makes all sessions issued before stale. */
  readonly changeCredentials: (id: string) => Promise<boolean>;
}

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

/** How much was removed. */
export interface Purged {
  readonly sessions: number;
  /** Tombstones of deleted subjects. */
  readonly subjects: number;
}

/** What removing ended sessions needs of the store. */
export interface PurgeStore {
  /**
   * Removes sessions whose absolute lifetime has been over for `olderThan` seconds, revoked or not, and then tombstones
   * of subjects that were deleted as long ago and have no session left. Never a living session or subject.
   * @param batch the most rows to remove in this one commit; fewer removed means that nothing is left to remove
   */
  readonly purge: (olderThan: number, batch: number) => Promise<Purged>;
}

/** Everything a store does. */
export interface Store
  extends RefreshStore, IssueStore, SessionStore, SubjectStore, KeyStore, AuditStore, PurgeStore, ImportStore {
  /** Reads, and writes something that changes nothing, as durably as everything else. @throws Unavailable where it cannot */
  readonly probe: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type TokenUse = 'access' | 'refresh';

/** Signs and verifies; keys never leave it. */
export interface Signer {
  /** The key set that signs new generations of the contract. */
  readonly activeKeyId: (contract: string) => string;
  /** Signs as compact JWS (RFC 7515 §7.1); deterministic. */
  readonly sign: (contract: string, use: TokenUse, keyId: string, claims: Claims) => Promise<string>;
  /**
   * Judges form, algorithm, key and signature, and nothing else.
   * @returns the claims, or `undefined` for a token that is not one of ours for this contract and use
   */
  readonly verify: (contract: string, use: TokenUse, token: string) => Promise<Claims | undefined>;
  /**
   * Judges the same of a token that another server signed, under the legacy keys of the contract. Good is not enough:
   * such a token counts only if it was imported.
   */
  readonly verifyLegacy: (contract: string, token: string) => Promise<Claims | undefined>;
}

/** What happened, for whoever observes. Never holds a token. */
export type EngineEvent =
  | { readonly type: 'issued'; readonly contract: string; readonly sessionId: string; readonly subjectId: string }
  | {
      readonly type: 'refreshed';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
      readonly by: 'rotation' | 'repeat' | 'renewal';
    }
  | {
      readonly type: 'refused';
      readonly contract: string;
      readonly requestId: string;
      readonly refusal: RefusalKind;
      /** Known only once the signature has proved it. */
      readonly sessionId: string | undefined;
      /** Known only where the session is. */
      readonly subjectId: string | undefined;
    }
  /** A superseded token came back after the grace period and its session was ended for it. */
  | {
      readonly type: 'reused';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
      readonly subjectId: string | undefined;
    }
  /** A token proved a generation that the store has lost. */
  | {
      readonly type: 'store_behind';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
      readonly storedGeneration: number;
      readonly presentedGeneration: number;
    }
  /** Refused for now, since its session was refreshed too often; the session goes on. */
  | {
      readonly type: 'session_throttled';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
    }
  | { readonly type: 'unavailable'; readonly contract: string; readonly requestId: string; readonly cause: string };

export type Emit = (event: EngineEvent) => void;

/** What became of removing what is over beside a running server. */
export type PurgeEvent =
  | ({ readonly type: 'purged' } & Purged)
  /** Nothing more was removed this time. */
  | { readonly type: 'purge_failed'; readonly cause: string };
