// What the engine needs from outside, in its own words. Every method may throw `unavailable`, and then nothing has changed.
import type { Claims } from './claims.ts';
import type { ImportedToken } from './import-ports.ts';
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
