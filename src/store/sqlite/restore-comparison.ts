// Revocations since a backup, which restoring it would undo, and how the backup takes them over. One connection sees
// both: `main` is the database that is replaced (r), `backup` the one that replaces it (b).
import type { Database } from 'better-sqlite3';
import { countRows } from './backup.ts';

/** Changes since the backup that restoring it would undo, as ids. */
export interface UndoneChanges {
  /** Active sessions of the backup that are revoked in the replaced database. */
  readonly revokedSessions: readonly string[];
  readonly disabledSubjects: readonly string[];
  readonly deletedSubjects: readonly string[];
  /** Subjects with a new credential version: their older sessions are stale. */
  readonly changedCredentials: readonly string[];
  /** Key sets of the backup that were removed, or replaced because they had leaked. */
  readonly removedKeySets: readonly string[];
}

/** Rows that restoring the backup loses in any case. */
export interface LostRows {
  /** Sessions issued since the backup: their tokens will be unknown. */
  readonly newerSessions: number;
  readonly newerSubjects: number;
  /** Sessions refreshed since the backup: unless taken over, superseded tokens would be accepted again. */
  readonly movedSessions: number;
}

/** Compares the databases, unless nothing shows a common history. @param now integer seconds since 1970 */
export function compareDatabases(both: Database, now: number) {
  if (!hasCommonHistory(both)) return undefined;
  return { forgotten: findUndoneChanges(both, now), lost: findLostRows(both) };
}

/**
 * Whether one database can come from the other. Ids of sessions and key sets and credential versions are random, so a
 * common one proves a common history.
 */
function hasCommonHistory(both: Database): boolean {
  const common = `SELECT 'common' WHERE
     EXISTS (SELECT 1 FROM backup.session AS b JOIN main.session USING (id))
     OR EXISTS (SELECT 1 FROM backup.key_set AS b JOIN main.key_set USING (id))
     OR EXISTS (SELECT 1 FROM backup.subject AS b JOIN main.subject USING (id, credential_version))`;
  return selectTexts(both, common).length > 0;
}

function findUndoneChanges(both: Database, now: number): UndoneChanges {
  const selectIds = (from: string): readonly string[] => selectTexts(both, `SELECT b.id FROM ${from} ORDER BY b.id`);
  return {
    revokedSessions: selectIds(
      `backup.session AS b JOIN main.session AS r USING (id)
        WHERE b.revoked_at IS NULL AND r.revoked_at IS NOT NULL AND b.expires_at > ${String(now)}`,
    ),
    disabledSubjects: selectIds(
      `backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.disabled_at IS NULL AND b.deleted_at IS NULL AND r.disabled_at IS NOT NULL`,
    ),
    // A missing subject was deleted, and its tombstone purged.
    deletedSubjects: selectIds(
      `backup.subject AS b LEFT JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND (r.id IS NULL OR r.deleted_at IS NOT NULL)`,
    ),
    changedCredentials: selectIds(
      `backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND r.deleted_at IS NULL AND r.credential_version <> b.credential_version`,
    ),
    removedKeySets: selectIds('backup.key_set AS b LEFT JOIN main.key_set AS r USING (id) WHERE r.id IS NULL'),
  };
}

export function hasNoChanges(forgotten: UndoneChanges): boolean {
  return Object.values(forgotten).every((ids: readonly string[]) => ids.length === 0);
}

function findLostRows(both: Database): LostRows {
  const newer = (table: string): string => `${table} AS r WHERE r.id NOT IN (SELECT id FROM backup.${table})`;
  return {
    newerSessions: countRows(both, `main.${newer('session')}`),
    newerSubjects: countRows(both, `main.${newer('subject')} AND deleted_at IS NULL`),
    movedSessions: countRows(both, `main.session AS r JOIN backup.session AS b USING (id) WHERE ${hasMoved}`),
  };
}

/** Writes into the backup what the replaced database refuses. @param now integer seconds since 1970 */
export function takeOver(both: Database, now: number): void {
  both.transaction(() => {
    // The audit trail is append-only: later events stay.
    both.exec('INSERT OR IGNORE INTO backup.audit_event SELECT * FROM main.audit_event');
    for (const statement of takeOverStatements) both.prepare<[object]>(statement).run({ now });
    // The current key sets: leaked ones stay removed, published ones stay, all under the current master secret.
    if (countRows(both, 'main.key_set') === 0) return;
    both.exec(
      `DELETE FROM backup.key_set;
       INSERT INTO backup.key_set (id, contract, state, sealed, created_at, retired_at)
       SELECT id, contract, state, sealed, created_at, retired_at FROM main.key_set`,
    );
  })();
}

const hasMoved = '(r.generation > b.generation OR r.rotated_at > b.rotated_at)';

const takeOverStatements: readonly string[] = [
  `UPDATE backup.session AS b SET revoked_at = r.revoked_at, revoked_reason = r.revoked_reason
     FROM main.session AS r
    WHERE r.id = b.id AND b.revoked_at IS NULL AND r.revoked_at IS NOT NULL`,
  `UPDATE backup.session AS b SET generation = r.generation, rotated_at = r.rotated_at, key_id = r.key_id
     FROM main.session AS r
    WHERE r.id = b.id AND ${hasMoved}`,
  `UPDATE backup.subject AS b SET credential_version = r.credential_version
     FROM main.subject AS r
    WHERE r.id = b.id AND b.deleted_at IS NULL`,
  `UPDATE backup.subject AS b SET disabled_at = r.disabled_at
     FROM main.subject AS r
    WHERE r.id = b.id AND b.deleted_at IS NULL AND b.disabled_at IS NULL AND r.disabled_at IS NOT NULL`,
  // A tombstone has its id and a time only.
  `UPDATE backup.subject AS b
      SET deleted_at = coalesce((SELECT deleted_at FROM main.subject AS r WHERE r.id = b.id), $now),
          email = NULL, account = NULL, role = NULL, disabled_at = NULL
    WHERE b.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM main.subject AS r WHERE r.id = b.id AND r.deleted_at IS NULL)`,
];

function selectTexts(both: Database, sql: string): readonly string[] {
  // Each statement selects one column of texts.
  return both.prepare(sql).pluck().all() as string[];
}
