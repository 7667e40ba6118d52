// What the engine needs of a store to take over another server's subjects and sessions.
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
  /** It is there already, and stays as it is now. */
  | 'kept'
  /** The same, of a subject that the row describes otherwise. */
  | 'kept_different'
  | 'missing_subject'
  /** The token was imported for another subject. */
  | 'taken';

/** What taking over another server's subjects and sessions needs of the store. */
export interface ImportStore {
  /**
   * Adds those that are not there yet, all in one commit, in their order; what is there is never changed.
   * @param dryRun tells what would become of them, and changes nothing
   * @returns what became of each
   */
  readonly importRows: (
    rows: readonly (SubjectToImport | SessionToImport)[],
    dryRun: boolean,
  ) => Promise<readonly ImportedAs[]>;
}
