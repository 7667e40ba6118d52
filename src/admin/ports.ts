// What the administration needs from the store. Every method may throw `unavailable`; then nothing has changed.
import type { RefreshStore } from '../engine/ports.ts';
import type { RevocationReason, Session, Subject, SubjectDetails } from '../engine/session.ts';

/** Lists and revokes sessions. */
export interface SessionStore {
  /** Oldest first. @param page begins after the named session; without it, all sessions are returned */
  readonly listSessions: (
    filter: { readonly subjectId?: string | undefined; readonly contract?: string | undefined },
    page?: { readonly after?: Pick<Session, 'createdAt' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly Session[]>;
  readonly count: () => Promise<Counts>;
  readonly revoke: RefreshStore['revoke'];
  /** Revokes every matching session. @returns the number of active sessions that this call revoked */
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
    /** Expired and not revoked. */
    readonly expired: number;
  }[];
}

/** All types of audit events, as in the admin contract. */
export const auditEventTypes = [
  'issued',
  'refused',
  'reused',
  'revoked',
  'store_behind',
  'subject_put',
  'subject_disabled',
  'subject_enabled',
  'subject_deleted',
  'credentials_changed',
  'key_set_added',
  'key_set_promoted',
  'key_set_removed',
  'key_sets_compromised',
  'imported',
] as const;

/** An entry of the audit trail. It never holds a token. */
export interface AuditEvent {
  /** A version 7 UUID, which orders the events of one second (RFC 9562 §5.7). */
  readonly id: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly type: (typeof auditEventTypes)[number];
  readonly contract: string | undefined;
  readonly subjectId: string | undefined;
  readonly sessionId: string | undefined;
  /** The refusal, the revocation reason, or other details. */
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** The name of an admin token, or the program that made the change. */
  readonly actor: string | undefined;
}

export interface AuditStore {
  /** Adds the store's time to each event. */
  readonly appendAudit: (events: readonly Omit<AuditEvent, 'at'>[]) => Promise<void>;
  /** Newest first. @param page begins after the named event */
  readonly readAudit: (
    filter: AuditFilter,
    page: { readonly after?: Pick<AuditEvent, 'at' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly AuditEvent[]>;
  /** Removes at most `most` events that are older than `age` seconds. @returns the number of removed events */
  readonly cutAudit: (age: number, most: number) => Promise<number>;
}

export interface AuditFilter extends Partial<Pick<AuditEvent, 'type' | 'contract' | 'subjectId' | 'sessionId'>> {
  readonly since?: number | undefined;
}

/** Each change returns `false` for an unknown subject. */
export interface SubjectStore {
  /** Adds a subject, or changes its details; its state and credential version stay. */
  readonly putSubject: (id: string, details: SubjectDetails) => Promise<Subject>;
  readonly readSubject: (id: string) => Promise<Subject | undefined>;
  readonly disableSubject: (id: string) => Promise<boolean>;
  readonly enableSubject: (id: string) => Promise<boolean>;
  /** Leaves a tombstone. Sessions are not revoked: their refreshes are refused because the subject is missing. */
  readonly deleteSubject: (id: string) => Promise<boolean>;
  /** Draws a new credential version, which makes every earlier session stale. */
  readonly changeCredentials: (id: string) => Promise<boolean>;
}

export interface PurgeResult {
  readonly sessions: number;
  /** Tombstones of deleted subjects. */
  readonly subjects: number;
}

export interface PurgeStore {
  /**
   * Removes sessions that expired at least `olderThan` seconds ago, then tombstones of subjects that were deleted as
   * long ago and have no session left.
   * @param batch maximum rows of this commit; when fewer were removed, none is left
   */
  readonly purge: (olderThan: number, batch: number) => Promise<PurgeResult>;
}

/** What a scheduled purge reports. */
export type PurgeEvent =
  ({ readonly type: 'purged' } & PurgeResult) | { readonly type: 'purge_failed'; readonly cause: string };
