// The port of an import of another server's subjects and sessions.
import type { Session, SubjectDetails } from './session.ts';

/** A refresh token of another server, which is generation 0 of its imported session. */
export interface ImportedToken {
  readonly sessionId: string;
  /** The start of generation 0. */
  readonly issuedAt: number;
  /** The token's `exp`, or without it the end of the session. */
  readonly expiresAt: number;
}

/** A subject of another server. */
export interface SubjectToImport extends SubjectDetails {
  readonly kind: 'subject';
  readonly id: string;
  readonly disabled: boolean;
}

/** An active session of another server, with the hash of its refresh token. Times are seconds. */
export interface SessionToImport extends Pick<
  Session,
  'id' | 'contract' | 'policy' | 'subjectId' | 'keyId' | 'createdAt' | 'expiresAt' | 'label'
> {
  readonly kind: 'session';
  readonly tokenHash: string;
  readonly tokenExpiresAt: number;
}

/** The result of one row. */
export type ImportedAs =
  | 'added'
  /** The row exists and is unchanged. */
  | 'kept'
  /** The subject exists with other details and is unchanged. */
  | 'kept_different'
  | 'missing_subject'
  /** The token was imported for another subject. */
  | 'taken';

export interface ImportStore {
  /**
   * Adds missing rows in one commit, in order; existing rows are never changed.
   * @param dryRun returns the results without changing anything
   * @returns the result of each row
   */
  readonly importRows: (
    rows: readonly (SubjectToImport | SessionToImport)[],
    dryRun: boolean,
  ) => Promise<readonly ImportedAs[]>;
}
