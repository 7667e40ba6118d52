// What an import of another server's subjects and sessions needs of the store.
import type { Session, SubjectDetails } from './session.ts';

/** A refresh token of another server: it stands for generation 0 of the session that was taken over with it. */
export interface ImportedToken {
  readonly sessionId: string;
  /** When generation 0 of that session came to be. */
  readonly issuedAt: number;
  /** As the token says, or where it does not, the end of the session. */
  readonly expiresAt: number;
}

/** A subject of another server. */
export interface SubjectToImport extends SubjectDetails {
  readonly kind: 'subject';
  readonly id: string;
  readonly disabled: boolean;
}

/** A living session of another server, with the hash of its refresh token. Times are seconds. */
export interface SessionToImport extends Pick<
  Session,
  'id' | 'contract' | 'policy' | 'subjectId' | 'keyId' | 'createdAt' | 'expiresAt' | 'label'
> {
  readonly kind: 'session';
  readonly tokenHash: string;
  readonly tokenExpiresAt: number;
}

export type ImportedAs =
  | 'added'
  /** It exists already, and stays as it is. */
  | 'kept'
  /** The same, for a subject that the row describes differently. */
  | 'kept_different'
  | 'missing_subject'
  /** The token was imported for another subject. */
  | 'taken';

export interface ImportStore {
  /**
   * Adds missing rows in one commit, in their order; existing rows are never changed.
   * @param dryRun reports the results, and changes nothing
   * @returns the result of each row
   */
  readonly importRows: (
    rows: readonly (SubjectToImport | SessionToImport)[],
    dryRun: boolean,
  ) => Promise<readonly ImportedAs[]>;
}
