// The ports of the engine: store, signer and events. Every method may throw `unavailable`, and then nothing has changed.
import type { ImportedToken } from './import-ports.ts';
import type { RefusalKind } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { RevocationReason, Session, StoredState, Subject } from './session.ts';

/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** The store, as a refresh uses it. */
export interface RefreshStore {
  /** Reads a session, its subject and the store's clock in one transaction. */
  readonly read: (sessionId: string) => Promise<StoredState>;
  /**
   * Compare-and-set in one statement: writes the next generation if the basis of the decision is unchanged: generation,
   * no revocation, an enabled subject and its credential version.
   * @returns whether it was written; `false` means decide again
   */
  readonly rotate: (basis: Session, next: Pick<Session, 'generation' | 'rotatedAt' | 'keyId'>) => Promise<boolean>;
  /** Reads a token of another server, if it was imported for this contract. @param hash of its signing input */
  readonly readImported: (contract: string, hash: string) => Promise<ImportedToken | undefined>;
  /** Revokes a session. @returns whether this call revoked it */
  readonly revoke: (sessionId: string, reason: RevocationReason) => Promise<boolean>;
}

/** A session to insert; the store adds its clock and the subject's credential version in the same transaction. */
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

/** The inserted session, or why the subject cannot have one. */
export type IssueResult =
  | { readonly kind: 'issued'; readonly session: Session; readonly subject: Subject }
  | { readonly kind: 'refused'; readonly refusal: 'missing_subject' | 'disabled_subject' };

/** The store, as issuing uses it. */
export interface IssueStore {
  readonly issue: (draft: SessionDraft) => Promise<IssueResult>;
}

export type TokenUse = 'access' | 'refresh';

/** Signs and verifies tokens; private keys never leave it. */
export interface Signer {
  /** Returns the id of the key set that signs new generations of the contract. */
  readonly activeKeyId: (contract: string) => string;
  /** Signs as compact JWS (RFC 7515 §7.1); deterministic. */
  readonly sign: (contract: string, use: TokenUse, keyId: string, claims: Claims) => Promise<string>;
  /**
   * Checks form, algorithm, key and signature, and nothing else.
   * @returns the claims, or `undefined` for a token that was not signed here for this contract and use
   */
  readonly verify: (contract: string, use: TokenUse, token: string) => Promise<Claims | undefined>;
  /**
   * Checks the same for a token of another server, under the legacy keys of the contract. A verified token is accepted
   * only if it was imported.
   */
  readonly verifyLegacy: (contract: string, token: string) => Promise<Claims | undefined>;
}

/** An event for log, audit trail and metrics. Never holds a token. */
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
      /** Undefined unless the signature was verified. */
      readonly sessionId: string | undefined;
      /** Undefined unless the session was found. */
      readonly subjectId: string | undefined;
    }
  /** A superseded token was presented after the grace period, and its session was revoked. */
  | {
      readonly type: 'reused';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
      readonly subjectId: string | undefined;
    }
  /** A token has a generation that the store has lost. */
  | {
      readonly type: 'store_behind';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
      readonly storedGeneration: number;
      readonly presentedGeneration: number;
    }
  /** The session was refreshed too often; it stays active. */
  | {
      readonly type: 'session_throttled';
      readonly contract: string;
      readonly requestId: string;
      readonly sessionId: string;
    }
  | { readonly type: 'unavailable'; readonly contract: string; readonly requestId: string; readonly cause: string };

export type Emit = (event: EngineEvent) => void;
