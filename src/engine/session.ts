// The rows of the store: sessions and subjects. All times are integer seconds of the store's clock.
import type { Policy } from './policy.ts';

/**
 * A session: all refresh tokens of one sign-in (the token family of RFC 9700 §4.14.2). Tokens are derived from this row;
 * no token and no digest of one is stored.
 */
export interface Session {
  readonly id: string;
  readonly contract: string;
  /** Fixed at issue, so that a changed setting does not affect existing sessions. */
  readonly policy: Policy;
  readonly subjectId: string;
  /** The subject's version at sign-in; a session with another version than its subject is stale. */
  readonly credentialVersion: string;
  readonly generation: number;
  /** The start of the current generation: the `iat` of its tokens. */
  readonly rotatedAt: number;
  /** The key set that signs the current generation, also when it is repeated. */
  readonly keyId: string;
  readonly createdAt: number;
  /** The end of the absolute lifetime; no token expires later. */
  readonly expiresAt: number;
  /** Never cleared once set. */
  readonly revokedAt: number | undefined;
  readonly revokedReason: RevocationReason | undefined;
  readonly label: string | undefined;
}

/** Why a session was revoked. */
export type RevocationReason = 'reused_token' | 'requested' | 'compromised_keys';

/** A user who signed in. A deleted subject stays as `id` and `deletedAt` until its sessions have expired. */
export interface Subject {
  readonly id: string;
  /** A random value, replaced whenever the credentials change. */
  readonly credentialVersion: string;
  readonly email: string | undefined;
  readonly account: string | undefined;
  readonly role: string | undefined;
  readonly disabledAt: number | undefined;
  readonly deletedAt: number | undefined;
}

/** A session and its subject, read in one transaction. */
export interface StoredState {
  /** The store's clock. */
  readonly now: number;
  readonly session: Session | undefined;
  readonly subject: Subject | undefined;
}

/** The details of a subject, which some contracts put into tokens. */
export type SubjectDetails = Pick<Subject, 'email' | 'account' | 'role'>;
