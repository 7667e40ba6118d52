// The columns of both databases, and rows as they return them: under the names of the domain types, with null for
// `undefined`.
import type { AuditEvent } from '../../admin/ports.ts';
import type { ImportedAs, SubjectToImport } from '../../engine/import-ports.ts';
import type { Session, Subject } from '../../engine/session.ts';
import type { KeySetRemoval, StoredKeySet } from '../../signer/ports.ts';

export type Row<Stored> = {
  [Name in keyof Stored]: undefined extends Stored[Name] ? Exclude<Stored[Name], undefined> | null : Stored[Name];
};

/** The column of a member, such as `subject_id` of `subjectId`. */
type ColumnOf<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${ColumnOf<Rest>}`
  : '';
export type Columns<Names extends string = string> = Readonly<Record<Names, 'text' | 'integer'>>;

const [text, integer] = ['text', 'integer'] as const;

export const subject = {
  ...{ id: text, credential_version: text, email: text, account: text, role: text },
  ...{ disabled_at: integer, deleted_at: integer },
} satisfies Columns<ColumnOf<keyof Subject>>;

export const session = {
  ...{ id: text, contract: text, policy: text, subject_id: text, credential_version: text, generation: integer },
  ...{ rotated_at: integer, key_id: text, created_at: integer, expires_at: integer },
  ...{ revoked_at: integer, revoked_reason: text },
  label: text,
} satisfies Columns<ColumnOf<keyof Session>>;

export const importedToken = { contract: text, hash: text, session_id: text, issued_at: integer, expires_at: integer };

export const keySet = {
  ...{ id: text, contract: text, state: text, sealed: text },
  ...{ created_at: integer, retired_at: integer },
} satisfies Columns<ColumnOf<keyof StoredKeySet>>;

export const auditEvent = {
  ...{ at: integer, id: text, type: text, contract: text, subject_id: text, session_id: text, reason: text },
  ...{ request_id: text, address: text, user_agent: text, actor: text },
} satisfies Columns<ColumnOf<keyof AuditEvent>>;

// Columns are selected by name, so that a column of a newer release changes nothing here.
export const sessionColumns = selectColumns(session);
export const subjectColumns = selectColumns(subject);
export const keySetColumns = selectColumns(keySet);
export const eventColumns = selectColumns(auditEvent);

function selectColumns(columns: Columns): string {
  return Object.keys(columns)
    .map((column) => `${column} AS "${toMember(column)}"`)
    .join(', ');
}

/** The member of a column, such as `subjectId` of `subject_id`. */
export function toMember(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

export function toSession(row: Row<Session>): Session {
  return {
    ...row,
    revokedAt: row.revokedAt ?? undefined,
    revokedReason: row.revokedReason ?? undefined,
    label: row.label ?? undefined,
  };
}

export function toSubject(row: Row<Subject>): Subject {
  return {
    ...row,
    email: row.email ?? undefined,
    account: row.account ?? undefined,
    role: row.role ?? undefined,
    disabledAt: row.disabledAt ?? undefined,
    deletedAt: row.deletedAt ?? undefined,
  };
}

export function toKeySet(row: Row<StoredKeySet>): StoredKeySet {
  return { ...row, retiredAt: row.retiredAt ?? undefined };
}

export function toEvent(row: Row<AuditEvent>): AuditEvent {
  // The members of the row, with undefined for each null.
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value ?? undefined]),
  ) as unknown as AuditEvent;
}

/** Compares an existing subject with the row of an import. */
export function compareSubject(row: SubjectToImport, existing: Row<Subject> | undefined): ImportedAs {
  const isSame =
    existing?.deletedAt === null &&
    existing.email === (row.email ?? null) &&
    existing.account === (row.account ?? null) &&
    existing.role === (row.role ?? null) &&
    (existing.disabledAt !== null) === row.disabled;
  return isSame ? 'kept' : 'kept_different';
}

/** Active sessions that may have tokens of a key set, and when the last of these tokens expires. */
export interface KeySetUse {
  readonly count: number;
  readonly last: number | null;
}

/**
 * Decides whether a key set may be removed. Its tokens are those of its active sessions, and access tokens of sessions
 * that have ended.
 */
export function decideRemoval(
  { state, retiredAt }: Pick<Row<StoredKeySet>, 'state' | 'retiredAt'>,
  { count, last }: KeySetUse,
  now: number,
  accessLifetime: number,
): KeySetRemoval {
  if (state === 'active') return { kind: 'active' };
  const until = Math.max(retiredAt === null ? 0 : retiredAt + accessLifetime, last ?? 0);
  return until > now ? { kind: 'in_use', sessions: count, until } : { kind: 'removed' };
}
