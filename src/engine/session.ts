// What is remembered: one row per session and one per subject. All times are integer seconds of the store's clock.
import type { Policy } from './policy.ts';

/**
 * A session: all refresh tokens of one sign-in (the token family of RFC 9700 §4.14.2).
 * No token and no digest of one is kept; tokens are a function of this row.
 */
export interface Session {
  readonly id: string;
  readonly contract: string;
  /** Fixed when the session is issued, so that a changed setting never reinterprets a living session. */
  readonly policy: Policy;
  readonly subjectId: string;
  /** The subject's credential version at sign-in; a session of another version is stale. */
  readonly credentialVersion: string;
  readonly generation: number;
  /** When the current generation came to be: its tokens' `iat`. */
  readonly rotatedAt: number;
  /** The key set that signed the current generation, and signs it again when it is repeated. */
  readonly keyId: string;
  readonly createdAt: number;
  /** End of the absolute session lifetime; no token outlives it. */
  readonly expiresAt: number;
  /** Only ever set, never cleared. */
  readonly revokedAt: number | undefined;
  readonly revokedReason: RevocationReason | undefined;
  readonly label: string | undefined;
}

/** Why a session was ended before its time. */
export type RevocationReason = 'reused_token' | 'requested' | 'compromised_keys';

/** Whoever signed in. A deleted subject stays as a tombstone of `id` and `deletedAt` while its sessions can live. */
export interface Subject {
  readonly id: string;
  /** A random value, drawn when the subject is made and whenever its credentials change. */
  readonly credentialVersion: string;
  readonly email: string | undefined;
  readonly account: string | undefined;
  readonly role: string | undefined;
  readonly disabledAt: number | undefined;
  readonly deletedAt: number | undefined;
}

/** What the store read in one go, with its clock. */
export interface StoredState {
  /** Seconds of the store's clock at the moment of reading. */
  readonly now: number;
  readonly session: Session | undefined;
  readonly subject: Subject | undefined;
}

/** What is known about a subject beside its state. */
export type SubjectDetails = Pick<Subject, 'email' | 'account' | 'role'>;
