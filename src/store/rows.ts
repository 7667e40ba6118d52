// Rows as both databases return them: columns under the names that the engine uses, and null for none.
import type { AuditEvent } from '../admin/ports.ts';
import type { ImportedAs, SubjectToImport } from '../engine/import-ports.ts';
import type { Session, Subject } from '../engine/session.ts';
import type { KeySetRemoval, StoredKeySet } from '../signer/ports.ts';

export type Row<Stored> = {
  [Name in keyof Stored]: undefined extends Stored[Name] ? Exclude<Stored[Name], undefined> | null : Stored[Name];
};

// Each column by name, so that a column which a newer release adds changes nothing here.
export const sessionColumns = `id, contract, policy, subject_id AS "subjectId", credential_version AS "credentialVersion",
  generation, rotated_at AS "rotatedAt", key_id AS "keyId", created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", revoked_reason AS "revokedReason", label`;
export const subjectColumns = `id, credential_version AS "credentialVersion", email, account, role,
  disabled_at AS "disabledAt", deleted_at AS "deletedAt"`;
export const keySetColumns = `id, contract, state, sealed, created_at AS "createdAt", retired_at AS "retiredAt"`;
export const eventColumns = `at, id, type, contract, subject_id AS "subjectId", session_id AS "sessionId", reason,
  request_id AS "requestId", address, user_agent AS "userAgent", actor`;

export function sessionOf(row: Row<Session>): Session {
  return {
    ...row,
    revokedAt: row.revokedAt ?? undefined,
    revokedReason: row.revokedReason ?? undefined,
    label: row.label ?? undefined,
  };
}

export function subjectOf(row: Row<Subject>): Subject {
  return {
    ...row,
    email: row.email ?? undefined,
    account: row.account ?? undefined,
    role: row.role ?? undefined,
    disabledAt: row.disabledAt ?? undefined,
    deletedAt: row.deletedAt ?? undefined,
  };
}

export function keySetOf(row: Row<StoredKeySet>): StoredKeySet {
  return { ...row, retiredAt: row.retiredAt ?? undefined };
}

export function eventOf(row: Row<AuditEvent>): AuditEvent {
  // The members of the row, with undefined for each null.
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value ?? undefined]),
  ) as unknown as AuditEvent;
}

/** Whether a subject that exists already is described by the row of an import as it is stored. */
export function keptAs(row: SubjectToImport, found: Row<Subject> | undefined): ImportedAs {
  const isSame =
    found?.deletedAt === null &&
    found.email === (row.email ?? null) &&
    found.account === (row.account ?? null) &&
    found.role === (row.role ?? null) &&
    (found.disabledAt !== null) === row.disabled;
  return isSame ? 'kept' : 'kept_different';
}

/** Active sessions that may have tokens of a key set, and when the last of these tokens expires. */
export interface KeySetUse {
  readonly count: number;
  readonly last: number | null;
}

/**
 * Whether tokens of a key set may still be active. Only a key set that has signed has any: those of its sessions, and
 * access tokens of sessions that have ended.
 */
export function removalOf(
  { state, retiredAt }: Pick<Row<StoredKeySet>, 'state' | 'retiredAt'>,
  { count, last }: KeySetUse,
  now: number,
  accessLifetime: number,
): KeySetRemoval {
  if (state === 'active') return { kind: 'active' };
  const until = Math.max(retiredAt === null ? 0 : retiredAt + accessLifetime, last ?? 0);
  return until > now ? { kind: 'in_use', sessions: count, until } : { kind: 'removed' };
}
