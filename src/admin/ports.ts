// What the operators' operations need from the store. Every method may throw `unavailable`, and then nothing has changed.
import type { RefreshStore } from '../engine/ports.ts';
import type { RevocationReason, Session, Subject, SubjectDetails } from '../engine/session.ts';
import type { AuditEventType } from './audit-event-types.ts';

/** What operators need to list and revoke sessions. */
export interface SessionStore {
  /** By time of issue, oldest first. @param page where it begins, and its size; all sessions where left out */
  readonly listSessions: (
    filter: { readonly subjectId?: string | undefined; readonly contract?: string | undefined },
    page?: { readonly after?: Pick<Session, 'createdAt' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly Session[]>;
  readonly count: () => Promise<Counts>;
  readonly revoke: RefreshStore['revoke'];
  /** Revokes all sessions that match. @returns how many active ones this call revoked */
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

/** An entry of the audit trail. Never holds a token. */
export interface AuditEvent {
  /** Ordered within its second (RFC 9562 §5.7). */
  readonly id: string;
  readonly at: number;
  readonly type: AuditEventType;
  readonly contract: string | undefined;
  readonly subjectId: string | undefined;
  readonly sessionId: string | undefined;
  /** Which refusal, which revocation, or other details. */
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** The name of an admin token, or the command line. */
  readonly actor: string | undefined;
}

export interface AuditStore {
  /** The store adds its clock. */
  readonly appendAudit: (events: readonly Omit<AuditEvent, 'at'>[]) => Promise<void>;
  /** Newest first. @param page begins after the named event */
  readonly readAudit: (
    filter: AuditFilter,
    page: { readonly after?: Pick<AuditEvent, 'at' | 'id'> | undefined; readonly limit: number },
  ) => Promise<readonly AuditEvent[]>;
  /** Removes events older than `age` seconds, `most` at a time. @returns how many it removed */
  readonly cutAudit: (age: number, most: number) => Promise<number>;
}

export interface AuditFilter extends Partial<Pick<AuditEvent, 'type' | 'contract' | 'subjectId' | 'sessionId'>> {
  readonly since?: number | undefined;
}

/** Each change returns whether there is such a subject. */
export interface SubjectStore {
  /** Adds a subject, or changes its details; its state and credential version stay. */
  readonly putSubject: (id: string, details: SubjectDetails) => Promise<Subject>;
  readonly readSubject: (id: string) => Promise<Subject | undefined>;
  readonly disableSubject: (id: string) => Promise<boolean>;
  readonly enableSubject: (id: string) => Promise<boolean>;
  /** Leaves a tombstone; the subject's sessions are not revoked, they find it missing. */
  readonly deleteSubject: (id: string) => Promise<boolean>;
  /** Draws a new credential version, which makes all sessions issued before stale. */
  readonly changeCredentials: (id: string) => Promise<boolean>;
}

export interface Purged {
  readonly sessions: number;
  /** Tombstones of deleted subjects. */
  readonly subjects: number;
}

export interface PurgeStore {
  /**
   * Removes sessions that expired `olderThan` seconds ago, revoked or not, and then tombstones of subjects that were
   * deleted as long ago and have no session left.
   * @param batch rows to remove in this commit at most; fewer removed means that none is left
   */
  readonly purge: (olderThan: number, batch: number) => Promise<Purged>;
}

/** The result of a purge beside a running server. */
export type PurgeEvent =
  ({ readonly type: 'purged' } & Purged) | { readonly type: 'purge_failed'; readonly cause: string };
