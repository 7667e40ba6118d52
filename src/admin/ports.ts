// What the operators' operations need from the store. Every method may throw `unavailable`, and then nothing has changed.
import type { RefreshStore } from '../engine/ports.ts';
import type { RevocationReason, Session, Subject, SubjectDetails } from '../engine/session.ts';
import type { AuditEventType } from './audit-event-types.ts';

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

/** What became of removing what is over beside a running server. */
export type PurgeEvent =
  | ({ readonly type: 'purged' } & Purged)
  /** Nothing more was removed this time. */
  | { readonly type: 'purge_failed'; readonly cause: string };
